#!/usr/bin/env python3
"""Telephone calls by a provider's REST interface: `kizashi tel` and a provider that checks and signs."""

import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
import kizashi_test as kt  # noqa: E402
import sip_peers as sip  # noqa: E402
import twilio  # noqa: E402


def tel(case: kt.Case, provider: twilio.Provider, *arguments: str) -> kt.Process:
    """A `kizashi tel` whose call the provider has."""
    port = sip.free_port()
    case.write("token", twilio.TOKEN + "\n")
    config = case.write("phone.yml", f"""
twilio:
  api_url: {provider.url}
  account: {twilio.ACCOUNT}
  token_file: token
  from: "{twilio.FROM}"
  callback_url: http://127.0.0.1:{port}/phone
""")
    process = case.start("tel", [kt.binary(), "tel", "+81312345678", "--text", "Shop <b> & checkout are failing",
                                 "--config", config, "--listen", f"127.0.0.1:{port}", *arguments])
    kt.wait_until(lambda: provider.calls or not process.running(), 15, "the provider to be asked")
    assert provider.calls, process.tail()
    return process


def kinds(process: kt.Process) -> list[str]:
    return [line.split(" ")[1] for line in process.stdout().splitlines() if " listening " not in line]


def test_a_key_acknowledges(case: kt.Case) -> None:
    provider = twilio.Provider()
    process = tel(case, provider)
    call = provider.calls[0]
    assert call["To"] == ["+81312345678"] and call["From"] == [twilio.FROM], call
    assert call["StatusCallbackEvent"] == ["ringing", "answered", "completed"], call
    assert "Shop &lt;b&gt; &amp; checkout are failing. To acknowledge, press 4." in call["Twiml"][0], call
    assert provider.tell("ringing")[0] == 200
    assert provider.tell("in-progress")[0] == 200
    assert "<Gather" in provider.press("7")[1]
    assert "Acknowledged" in provider.press("4")[1]
    assert provider.tell("completed")[0] == 200
    assert process.wait(10) == 0, process.tail()
    assert kinds(process) == ["ringing", "answered", "digit", "digit", "ended"], process.stdout()
    assert "Call ended: acknowledged" in process.stdout()
    assert twilio.TOKEN not in process.stdout() + process.stderr()
    assert not provider.refusals, provider.refusals
    provider.stop()


def test_wrong_signatures_change_nothing(case: kt.Case) -> None:
    provider = twilio.Provider()
    process = tel(case, provider, "--language", "ja")
    assert "ja-JP" in provider.calls[0]["Twiml"][0]
    assert provider.press("4", token="another")[0] == 403
    assert provider.press("4", sign="")[0] == 403
    url = provider.digits_url()
    right = twilio.signature(url, {"CallSid": provider.SID, "AccountSid": twilio.ACCOUNT, "From": twilio.FROM,
                                   "Digits": "1"})
    assert provider.call_back(url, {"Digits": "4"}, sign=right)[0] == 403, "altered"
    assert provider.call_back(url.replace("digits", "status"), {"Digits": "1"}, sign=right)[0] == 403
    assert provider.call_back(re.sub(r"call=\w+", "call=other", url), {"Digits": "4"})[0] == 404
    assert kinds(process) == [], process.stdout()
    assert provider.press("6")[0] == 200
    assert provider.tell("completed")[0] == 200
    assert process.wait(10) == 0
    assert kinds(process) == ["answered", "digit", "ended"], process.stdout()
    provider.stop()


def test_hang_up_and_refusals(case: kt.Case) -> None:
    provider = twilio.Provider()
    process = tel(case, provider)
    kt.wait_until(lambda: provider.tell("ringing")[0] == 200, 10, "the caller to listen")
    process.signal(2)
    assert provider.hung_up.wait(10), "the provider was told to hang up"
    assert process.wait(10) == 1 and "stopped" in process.stdout(), process.stdout()
    case.write("wrong", "another token")
    config = case.write("wrong.yml", f"""
twilio: {{api_url: "{provider.url}", account: {twilio.ACCOUNT}, token_file: wrong, from: "+1", callback_url: "http://x/y"}}
""")
    done = case.run("tel", "117", "--text", "x", "--config", config)
    assert done.returncode == 3 and b"refused the call (401 Authenticate)" in done.stdout, done
    assert b"another token" not in done.stdout + done.stderr
    provider.stop()
    done = case.run("tel", "117", "--text", "x", "--config", config)
    assert done.returncode == 3 and b"cannot be reached" in done.stdout, done


if __name__ == "__main__":
    kt.main(test_a_key_acknowledges, test_wrong_signatures_change_nothing, test_hang_up_and_refusals)
