from datetime import UTC, datetime, timedelta

import pytest

from fulfilment.portal.signature import (
    ForgedError,
    SecretError,
    UnsignedError,
    UntimelyError,
    key_of,
    signed,
    verified,
)

# The example of the specification's reference libraries.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
MESSAGE_ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"
AT = datetime.fromtimestamp(1614265330, UTC)
BODY = b'{"test": 2432232314}'
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
KEY = key_of(SECRET)


def _headers(**changes: str) -> dict[str, str]:
    made = dict(signed(BODY, message_id=MESSAGE_ID, at=AT, keys=[KEY]))
    return made | {name.replace("_", "-"): value for name, value in changes.items()}


def test_signature_is_that_of_the_specification() -> None:
    assert _headers() == {
        "webhook-id": MESSAGE_ID,
        "webhook-timestamp": "1614265330",
        "webhook-signature": SIGNATURE,
    }
    assert verified(BODY, _headers(), now=AT, keys=[KEY]) == MESSAGE_ID


def test_old_and_new_secret_are_both_good_while_one_is_replaced() -> None:
    other = key_of("whsec_" + "A" * 32)
    both = dict(signed(BODY, message_id=MESSAGE_ID, at=AT, keys=[other, KEY]))

    assert verified(BODY, both, now=AT, keys=[KEY]) == MESSAGE_ID
    assert verified(BODY, _headers(), now=AT, keys=[other, KEY]) == MESSAGE_ID


@pytest.mark.parametrize("minutes", [-5, 5])
def test_five_minutes_are_in_time_and_a_second_more_is_not(minutes: int) -> None:
    now = AT + timedelta(minutes=minutes)
    verified(BODY, _headers(), now=now, keys=[KEY])
    with pytest.raises(UntimelyError):
        verified(BODY, _headers(), now=now + timedelta(seconds=minutes / 5), keys=[KEY])


@pytest.mark.parametrize(
    "changes",
    [
        {"webhook_id": "msg_other"},
        {"webhook_timestamp": "1614265331"},
        {"webhook_signature": SIGNATURE.replace("v1,", "v1a,")},
        {"webhook_signature": SIGNATURE.removeprefix("v1,")},
        {"webhook_signature": "v1,"},
        {"webhook_signature": SIGNATURE[:-4] + "AAA="},
        {"webhook_signature": "v1,\u20ac"},
    ],
)
def test_whatever_was_changed_is_no_signature_of_ours(changes: dict[str, str]) -> None:
    with pytest.raises(ForgedError):
        verified(BODY, _headers(**changes), now=AT, keys=[KEY])


def test_another_body_is_forged() -> None:
    with pytest.raises(ForgedError):
        verified(BODY + b" ", _headers(), now=AT, keys=[KEY])


@pytest.mark.parametrize(
    "changes",
    [
        {"webhook_id": ""},
        {"webhook_id": "a.b c"},
        {"webhook_id": "x" * 129},
        {"webhook_timestamp": ""},
        {"webhook_timestamp": "-1"},
        {"webhook_timestamp": "1614265330.0"},
        {"webhook_timestamp": "\u0661"},
        {"webhook_signature": ""},
        {"webhook_signature": " ".join([SIGNATURE] * 11)},
    ],
)
def test_malformed_headers_say_nobody(changes: dict[str, str]) -> None:
    with pytest.raises(UnsignedError):
        verified(BODY, _headers(**changes), now=AT, keys=[KEY])


@pytest.mark.parametrize(
    "secret",
    ["", SECRET.removeprefix("whsec_"), "whsec_", "whsec_AAAA", "whsec_!" + "A" * 31],
)
def test_other_texts_are_no_secrets_and_are_not_repeated(secret: str) -> None:
    with pytest.raises(SecretError) as caught:
        key_of(secret)
    assert not secret or secret not in str(caught.value)
