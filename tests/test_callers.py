"""Where a request comes from: nobody talks itself onto this machine, nor out of the bucket it belongs to."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teammcp.config import Settings
from teammcp.http.callers import HERE, PROXY, Callers, bucket, is_loopback
from teammcp.testing import TestTeam

LOOPBACK = ["127.0.0.1", "127.0.0.2", "127.255.255.254", "::1", "::ffff:127.0.0.1"]
OF_PROXIES = [
    "Forwarded",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Proto",
    "X-Forwarded",
    "Forwarded-For",
    "X-Original-Forwarded-For",
    "X-Real-IP",
    "Via",
    "CF-Connecting-IP",
    "DO-Connecting-IP",
    "True-Client-IP",
    "X-Client-IP",
    "X-Cluster-Client-IP",
    "Fly-Client-IP",
    "Fastly-Client-IP",
    "X-Azure-ClientIP",
    "X-Envoy-External-Address",
    "X-Amzn-Trace-Id",
    "X-Remote-Addr",
    "X-ProxyUser-Ip",
    "X-Originating-IP",
    "X-Nf-Client-Connection-Ip",
    "X-Azure-FDID",
    "X-Cloud-Trace-Context",
    "X-Request-Start",
    "X-Host",
    "CF-Visitor",
    "Front-End-Https",
    "CDN-Loop",
    "Tailscale-User-Login",
]
USUAL = ["Host", "User-Agent", "Accept", "Accept-Language", "Authorization", "Cookie", "Origin", "Content-Type", "DNT"]


def found(peer: str | None, host: str = "localhost", headers: dict[str, str] | None = None, **settings: Any) -> str:
    scope = {
        "client": peer and (peer, 50_000),
        "headers": [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()],
    }
    return Callers(Settings(**settings)).find(scope, host)


def is_local(caller: str) -> bool:
    return is_loopback(caller)


@pytest.fixture(autouse=True)
def home(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """No settings but those of the test."""
    monkeypatch.setenv("TEAMMCP_HOME", str(tmp_path))


# -- who is on this machine ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("peer", LOOPBACK)
def test_who_comes_from_this_machine_is_on_it(peer: str) -> None:
    for host in ("localhost", "127.0.0.1", "::1"):
        assert is_local(found(peer, host, dict.fromkeys(USUAL, "x")))


@pytest.mark.parametrize("header", OF_PROXIES)
def test_no_header_of_a_proxy_leaves_a_caller_on_this_machine(header: str) -> None:
    for value in ("203.0.113.5", "127.0.0.1", ""):
        assert found("127.0.0.1", headers={"Accept": "*/*", header: value, "Cookie": "a"}) == PROXY


@pytest.mark.parametrize("host", ["team.example.org", "192.168.1.5", "", "127.0.0.1.example.org", "localhost.example"])
def test_nobody_is_on_this_machine_under_a_name_that_is_not(host: str) -> None:
    assert found("127.0.0.1", host) == PROXY


@pytest.mark.parametrize("url", ["https://team.example.org", "http://192.168.1.5:3100"])
def test_with_a_public_address_nobody_is_on_this_machine(url: str) -> None:
    assert found("127.0.0.1", url=url) == PROXY


@pytest.mark.parametrize("url", ["http://localhost:3100", "http://127.0.0.1:3100", "https://[::1]:3100"])
def test_with_an_address_of_this_machine_who_is_on_it_is(url: str) -> None:
    assert is_local(found("127.0.0.1", url=url))


@pytest.mark.parametrize("peer", [None, "", "unix:", "testclient"])
def test_who_comes_from_nowhere_is_not_on_this_machine(peer: str | None) -> None:
    assert found(peer) == PROXY


# -- behind proxies ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("peer", "chain", "caller"),
    [
        ("127.0.0.1", "203.0.113.5", "203.0.113.5"),
        ("127.0.0.1", "127.0.0.1, 203.0.113.5", "203.0.113.5"),  # what the caller said itself stands further left
        ("127.0.0.1", "9.9.9.9, 203.0.113.5, 10.1.2.3", "203.0.113.5"),
        ("10.1.2.3", "203.0.113.5:4711", "203.0.113.5"),
        ("10.1.2.3", "[2001:db8::5]:4711", "2001:db8::5"),
        ("::ffff:10.1.2.3", "::ffff:203.0.113.5", "203.0.113.5"),
        ("127.0.0.1", "", PROXY),
        ("127.0.0.1", "127.0.0.1", PROXY),
        ("127.0.0.1", "203.0.113.5, unknown", PROXY),
        ("127.0.0.1", "10.1.2.3, 10.9.9.9", PROXY),
        ("203.0.113.9", "127.0.0.1", "203.0.113.9"),  # not trusted, so its word is not read
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
    ],
)
def test_only_a_trusted_proxy_says_who_calls(peer: str, chain: str, caller: str) -> None:
    trusted = ["127.0.0.1", "10.0.0.0/8"]
    assert found(peer, "team.example.org", {"X-Forwarded-For": chain}, trusted_proxies=trusted) == caller


addresses = st.one_of(st.ip_addresses().map(str), st.sampled_from([*LOOPBACK, "10.0.0.7", "unknown", "", "a, b"]))


@given(chain=st.lists(addresses, max_size=5), peer=addresses, trusted=st.booleans())
def test_no_chain_of_proxies_puts_anybody_on_this_machine(chain: list[str], peer: str, trusted: bool) -> None:
    proxies = ["10.0.0.0/8", "127.0.0.0/8"] if trusted else []
    caller = found(peer, headers={"X-Forwarded-For": ", ".join(chain)}, trusted_proxies=proxies)
    assert not is_local(caller)
    if not trusted and caller != PROXY:
        assert caller in {peer, str(getattr(ip_address(peer), "ipv4_mapped", None))}


def test_a_trusted_proxy_that_names_nobody_leaves_nobody_on_this_machine() -> None:
    assert found("127.0.0.1", trusted_proxies=["127.0.0.1"]) == PROXY


# -- who counts as one -----------------------------------------------------------------------------------------------


def test_all_of_a_machine_count_as_one_and_so_does_a_network_of_ipv6() -> None:
    assert {bucket(caller) for caller in [*LOOPBACK, PROXY]} == {HERE}
    assert bucket("2001:db8:1:2::1") == bucket("2001:db8:1:2:ffff::9") != bucket("2001:db8:1:3::1")
    assert bucket("203.0.113.5") != bucket("203.0.113.6")
    assert bucket("::ffff:203.0.113.5") != HERE


@given(st.ip_addresses(v=4), st.ip_addresses(v=6))
def test_a_bucket_holds_addresses_of_one_place_only(old: Any, new: Any) -> None:
    assert (bucket(str(old)) == HERE) == old.is_loopback
    assert (bucket(str(new)) == HERE) == (new.ipv4_mapped or new).is_loopback


@pytest.mark.teammcp(address_rate=0.001, address_burst=3, agent_rate=0.001, agent_burst=5)
async def test_who_has_a_key_depends_on_nobody_else_of_its_machine(team: TestTeam) -> None:
    quiet, loud = await team.agent("quiet"), await team.agent("loud")
    nobody = team.client()
    wrong = team.client(key="tmcp_default_" + "x" * 43)
    for client in (nobody, wrong):
        assert 429 in [(await client.get("/api/me")).status_code for _ in range(10)]
    assert [(await loud.http.get("/api/me")).status_code for _ in range(9)].count(429) == 4
    assert [(await quiet.http.get("/api/me")).status_code for _ in range(5)] == [200] * 5
    elsewhere = team.client(address="203.0.113.5")
    assert (await elsewhere.get("/api/me")).status_code == 401  # loud's calls and the refused ones took nothing here


@pytest.mark.teammcp(register_rate=2)
async def test_no_other_address_of_the_machine_and_no_header_gives_a_bucket_of_its_own(team: TestTeam) -> None:
    statuses = []
    for number, address in enumerate(["127.0.0.1", "127.0.0.2", "::1", "127.9.9.9"]):
        headers = {"X-Forwarded-For": f"9.9.9.{number}"} if number % 2 else {}
        body = {"name": f"agent-{number}"}
        answer = await team.client(address=address).post("/api/register", json=body, headers=headers)
        statuses.append(answer.status_code)
    assert statuses.count(429) == 2


@pytest.mark.teammcp(register_rate=2, trusted_proxies=["127.0.0.1"], url="https://team.example.org")
async def test_behind_a_trusted_proxy_each_caller_has_a_bucket_of_its_own(team: TestTeam) -> None:
    page = team.client()

    async def wrong_key(caller: str) -> int:
        body = {"key": "tmcp_default_" + "y" * 43}
        return (await page.post("/api/sessions", json=body, headers={"X-Forwarded-For": caller})).status_code

    assert [await wrong_key("203.0.113.5") for _ in range(3)] == [401, 401, 429]
    assert await wrong_key("203.0.113.6") == 401


@pytest.mark.teammcp(url="https://team.example.org")
async def test_behind_a_public_address_nobody_registers_for_being_on_this_machine(team: TestTeam) -> None:
    for host in ("team.example.org", "127.0.0.1:3100"):
        answer = await team.client().post("/api/register", json={"name": "mallory"}, headers={"Host": host})
        assert (answer.status_code, answer.json()["error"]) == (403, "registration_closed")
