// What is new for this agent in its team on TeamMCP comes into its turns, and wakes it when it is idle at its prompt.
//
// The key is that of the agent, from the environment of opencode. Nothing is done without one, and nothing is said when
// the server is away: the agent works on without its team. 'teammcp doctor --client opencode' says what is wrong then.

const SERVER = "{url}"
const KEY = process.env.TEAMMCP_KEY

const HOOK_MS = 1000 // that opencode is kept waiting at most
const WAIT_S = 50 // of one wait for a ring: less than proxies keep a silent connection
const MARGIN_MS = 10_000
const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 30_000
const ALONE = ["run", "acp"] // commands whose caller decides what is done

const sleep = (ms) => new Promise((done) => setTimeout(done, ms).unref?.())

export const TeamMCP = async ({ client }) => {
  if (!KEY) return {}

  const helper = { name: `opencode:${process.pid}`, reader: `wake:${crypto.randomUUID()}` }
  const ending = new AbortController()
  const subagents = new Map() // session -> whether it is a subagent's, which does one thing and is told nothing
  const begun = new Set() // sessions that were briefed
  const shown = new Map() // part or call -> what it shows to have arrived, once opencode has it
  let current // the session that was prompted last, by which agent and model
  let doing = ""
  let told = Promise.resolve() // events reach the server in their order

  const post = async (path, reader, body, signal) => {
    try {
      const headers = { Authorization: `Bearer ${KEY}`, "Content-Type": "application/json", "TeamMCP-Reader": reader }
      const sent = { method: "POST", headers, body: JSON.stringify(body), redirect: "error", signal }
      const answer = await fetch(SERVER + path, sent)
      return { status: answer.status, handed: answer.headers.get("TeamMCP-Handed"), said: (await answer.json()) ?? {} }
    } catch {
      return undefined
    }
  }

  const soon = () => AbortSignal.timeout(HOOK_MS)
  const readerOf = (session) => `opencode:${session}`

  // Tells of an event, in opencode's words; what the server has to say to the model, and the messages in it.
  const tell = (event, session, more = {}) => {
    const ask = async () => {
      const body = { hook_event_name: event, session_id: session, ...more }
      const answer = await post("/api/hooks/opencode", readerOf(session), body, soon())
      const text = answer?.status === 200 ? answer.said.hookSpecificOutput?.additionalContext : undefined
      return { text, handed: answer?.handed }
    }
    const asked = told.then(ask)
    told = asked
    return asked
  }

  const isSubagent = async (session) => {
    if (!subagents.has(session)) {
      const found = await client.session.get({ path: { id: session } }).catch(() => undefined)
      subagents.set(session, Boolean(found?.data?.parentID))
    }
    return subagents.get(session)
  }

  const expect = (session, key, answers) => {
    const ids = answers.flatMap(({ handed }) => (handed ? handed.split(",").map(Number) : []))
    if (ids.length) shown.set(key, { session, ids })
  }

  const confirm = (key) => {
    const { session, ids } = shown.get(key)
    shown.delete(key)
    told = told.then(() => post("/api/received", readerOf(session), { message_ids: ids }, soon()))
  }

  // Puts the line into the session, as the person would, by the agent and model used last; why that was in vain.
  const ring = async (line) => {
    const { session, agent, model } = current
    try {
      const body = { agent, model, parts: [{ type: "text", text: line }] }
      const { error } = await client.session.promptAsync({ path: { id: session }, body })
      return error ? `opencode did not take the line: ${error.name ?? "it said no"}` : ""
    } catch (error) {
      return `opencode did not take the line: ${error?.name ?? "it failed"}`
    }
  }

  const attend = async () => {
    let rung = ""
    let failure = ""
    let pause = FIRST_PAUSE_MS
    while (!ending.signal.aborted) {
      const body = { session: helper.name, way: "opencode_plugin", doing, rung, failure, timeout: WAIT_S }
      const signal = AbortSignal.any([ending.signal, AbortSignal.timeout(WAIT_S * 1000 + MARGIN_MS)])
      const answer = await post("/api/wakes/wait", helper.reader, body, signal)
      if (answer?.status === 401 || answer?.status === 403) return
      if (answer?.status !== 200) {
        if (answer?.status === 400 || answer?.status === 422) failure = "" // said again, it would be refused for ever
        await sleep(pause)
        pause = Math.min(2 * pause, LONGEST_PAUSE_MS)
        continue
      }
      pause = FIRST_PAUSE_MS
      rung = answer.said.number || rung
      failure = answer.said.line && !ending.signal.aborted ? await ring(answer.said.line) : ""
    }
  }

  const events = {
    "session.created": ({ info }) => subagents.set(info.id, Boolean(info.parentID)),
    "message.part.updated": ({ part }) => {
      const key = part.type === "tool" && part.state.status === "completed" ? part.callID : part.id
      if (shown.has(key)) confirm(key)
    },
    // A dialog of a subagent's is before the person too.
    "permission.asked": ({ sessionID, permission }) => tell("permission.asked", sessionID, { tool_name: permission }),
    "question.asked": ({ sessionID }) => tell("question.asked", sessionID, { notification_type: "question" }),
    "session.error": ({ sessionID, error }) => {
      if (!sessionID || subagents.get(sessionID) || error?.name === "MessageAbortedError") return
      tell("session.error", sessionID, { error: error?.name ?? "" })
    },
    "session.idle": ({ sessionID }) => {
      if (subagents.get(sessionID)) return
      doing = "idle"
      tell("session.idle", sessionID, { notification_type: "idle" })
    },
  }

  return {
    event: async ({ event }) => {
      events[event.type]?.(event.properties)
    },

    // Fires for every prompt, that of a ring too, before opencode keeps it.
    "chat.message": async ({ sessionID }, { message, parts }) => {
      const last = parts.at(-1)
      if (!last || (await isSubagent(sessionID))) return
      const first = current === undefined
      current = { session: sessionID, agent: message.agent, model: message.model }
      doing = "busy"
      const answers = []
      if (!begun.has(sessionID)) {
        begun.add(sessionID)
        answers.push(await tell("session.created", sessionID, { source: first ? "startup" : "clear" }))
      }
      answers.push(await tell("chat.message", sessionID))
      const text = answers.flatMap((each) => each.text ?? []).join("\n\n")
      if (text) {
        const id = `${last.id}0` // behind all others
        parts.push({ id, messageID: message.id, sessionID, type: "text", text, synthetic: true })
        expect(sessionID, id, answers)
      }
      if (first && !ALONE.some((command) => process.argv.includes(command))) attend()
    },

    "tool.execute.after": async ({ tool, sessionID, callID }, output) => {
      const inParts = Array.isArray(output.content) // as tools of other servers give it
      if (!(inParts || typeof output.output === "string") || (await isSubagent(sessionID))) return
      const answer = await tell("tool.execute.after", sessionID, { tool_name: tool, tool_use_id: callID })
      if (!answer.text) return
      if (inParts) output.content.push({ type: "text", text: answer.text })
      else output.output += `\n\n${answer.text}`
      expect(sessionID, callID, [answer])
    },

    dispose: async () => {
      ending.abort()
      if (!current) return
      await tell("dispose", current.session)
      await post("/api/wakes/end", helper.reader, { session: helper.name }, soon())
    },
  }
}
