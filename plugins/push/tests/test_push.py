"""Notices reach a device through its push service, and nobody else can read them."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterator

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import given
from hypothesis import strategies as st
from teammcp_push import devices
from teammcp_push.notices import notice_of
from teammcp_push.sending import LONGEST

from teammcp import Notification, Told
from teammcp.config import Settings
from teammcp.errors import InvalidInput
from teammcp.testing import Member, MovedClock, TestTeam, serve
from tests.notification_kit import listed, outcomes, say, work

from .service import Browser, Service, decoded


@pytest.fixture
def service() -> Iterator[Service]:
    service = Service()
    service.start()
    yield service
    service.stop()


@pytest.fixture
async def team(settings: Settings, clock: MovedClock, service: Service) -> AsyncIterator[TestTeam]:
    settings.plugins["push"] = {"more_services": ["127.0.0.1"], "contact": "mailto:ann@example.com"}
    async with serve(settings, clock) as app:
        team = TestTeam(app, app.server, "default")
        await team.register_owner()
        yield team
        await team.close()


@pytest.fixture
async def bob(team: TestTeam) -> Member:
    return await team.agent("bob")


async def allow(member: Member, browser: Browser) -> None:
    """Allow a browser on the page, as its script does."""
    if not member.http.cookies:
        await member.log_in()
    answer = await member.submit("/push/device", address=browser.subscription(), label="Firefox, Linux")
    assert answer.status_code == 303, answer.text


async def test_a_message_comes_to_each_device_and_only_the_device_can_read_it(
    team: TestTeam, bob: Member, service: Service
) -> None:
    telephone, laptop = Browser(service, "a"), Browser(service, "b")
    await allow(bob, telephone)
    await allow(bob, laptop)
    number = await say(team.owner, "Is it ready? 好了吗", "dm:bob")
    await work(team)
    [first, second] = [body for _, body in service.came]
    notice = telephone.read(first)
    assert notice == laptop.read(second)
    assert (notice["title"], notice["body"]) == ("default: owner", "Is it ready? 好了吗")
    assert notice["path"] == f"/messages/{number}"
    assert b"ready" not in first
    assert outcomes(await listed(bob)) == ["accepted"]


async def test_a_push_service_can_check_who_sends(team: TestTeam, bob: Member, service: Service) -> None:
    await allow(bob, Browser(service))
    page = (await bob.http.get("/push")).text
    await say(team.owner, "hello", "dm:bob")
    await work(team)
    [(headers, _)] = service.came
    found = re.fullmatch(r"vapid t=([^, ]+), ?k=([^, ]+)", headers["Authorization"])
    assert found is not None
    token, key = found.groups()
    assert re.findall(r"data-key=.([^ ]*)\"", page) == [key]
    assert (await bob.call("get_push_key")).public_key == key
    head, claims, signature = token.split(".")
    said = json.loads(decoded(claims))
    assert (said["aud"], said["sub"]) == (service.url, "mailto:ann@example.com")
    now = team.server.clock.now() / 1000
    assert now < said["exp"] <= now + 24 * 3600
    raw = decoded(signature)
    pair = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), decoded(key))
    public.verify(pair, f"{head}.{claims}".encode(), ec.ECDSA(SHA256()))


@pytest.mark.parametrize("status", [404, 410])
async def test_a_device_that_has_taken_its_leave_back_is_forgotten(
    team: TestTeam, bob: Member, service: Service, status: int
) -> None:
    service.status = status
    await allow(bob, Browser(service))
    await say(team.owner, "hello", "dm:bob")
    await work(team)
    [push] = [each for each in (await bob.call("get_notifiers")).root if each.name == "push"]
    assert push.addresses == []


async def test_a_service_that_asks_to_wait_is_waited_for(
    team: TestTeam, bob: Member, service: Service, clock: MovedClock
) -> None:
    await allow(bob, Browser(service))
    service.status, service.headers = 429, {"Retry-After": "120"}
    await say(team.owner, "hello", "dm:bob")
    await work(team)
    clock.advance(seconds=110)
    await work(team)
    assert len(service.came) == 1
    service.status = 201
    clock.advance(seconds=11)
    await work(team)
    assert len(service.came) == 2
    assert outcomes(await listed(bob)) == ["accepted"]


@pytest.mark.parametrize("status", [400, 403, 413, 302])
async def test_what_a_service_never_takes_has_failed(
    team: TestTeam, bob: Member, service: Service, status: int
) -> None:
    service.status, service.headers = status, {"Location": service.url}
    await allow(bob, Browser(service))
    await say(team.owner, "hello", "dm:bob")
    await work(team)
    assert outcomes(await listed(bob)) == ["failed"]
    assert len(service.came) == 1


@pytest.mark.parametrize(
    ("endpoint", "why"),
    [
        ("https://10.0.0.1/x", "is no push service"),
        ("https://fcm.googleapis.com.example.com/x", "is no push service"),
        ("https://fcm.googleapis.com@127.0.0.2/x", "must be an address of a push service"),
        ("http://fcm.googleapis.com/x", "must begin with https:"),
        ("file:///etc/passwd", "must be an address of a push service"),
        ("https://fcm.googleapis.com/\r\nx", "must be an address of a push service"),
    ],
)
async def test_the_server_calls_push_services_alone(bob: Member, service: Service, endpoint: str, why: str) -> None:
    given = json.loads(Browser(service).subscription()) | {"endpoint": endpoint}
    with pytest.raises(InvalidInput, match=why):
        await bob.call("set_notification_address", notifier="push", address=json.dumps(given))


@given(
    st.text(max_size=60)
    | st.recursive(st.none() | st.text(), lambda more: st.dictionaries(st.text(), more)).map(json.dumps)
)
def test_what_is_no_device_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        devices.read(text)


@given(st.text(max_size=3000), st.text(max_size=300), st.integers(1, 2**62))
def test_every_notice_is_short_enough_for_every_service(content: str, title: str, number: int) -> None:
    told = Told(kind="approval", content=content, path=f"/approvals/{number}", at=0)
    notification = Notification(
        id=number,
        team="t" * 64,
        agent="bob",
        address="",
        title=title,
        content=content,
        path=told.path,
        language="en",
        things=(told,),
    )
    sent = json.dumps(notice_of(notification), ensure_ascii=False).encode(errors="replace")
    assert len(sent) <= LONGEST


@pytest.mark.parametrize(("decision", "status"), [("approve", "approved"), ("reject", "rejected")])
async def test_an_approval_is_decided_by_the_form_of_the_notice(
    team: TestTeam, bob: Member, decision: str, status: str
) -> None:
    await bob.log_in()
    number = (await team.owner.call("request_approval", title="Deploy", approvers=["bob"])).approval_id
    token = (await bob.http.get("/push/token")).text.strip()
    answer = await bob.http.post(
        f"/push/approvals/{number}", data={"decision": decision}, headers={"X-CSRF-Token": token}
    )
    assert answer.status_code == 204, answer.text
    assert (await bob.call("get_approval", approval_id=number)).status == status
