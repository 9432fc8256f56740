"""Telephones for the tests of calls: Debian's sipp by small scenarios, and a peer of bare UDP for what sipp won't do."""

import hashlib
import json
import os
import random
import socket
import struct
import threading
import time
from typing import Optional

import kizashi_test as kt

USER, SECRET = "kizashi", "correct horse"
PCAP_FOLDER = "/usr/share/sip-tester"

_RESPONSE = """
  <send{retrans}><![CDATA[
SIP/2.0 {code} {reason}
[last_Via:]
[last_From:]
[last_To:]{tag}
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:[local_ip]:[local_port];transport=[transport]>
{extra}Content-Length: {length}

{body}]]></send>"""
_SDP = """v=0
o=peer 1 1 IN IP[local_ip_type] [local_ip]
s=-
c=IN IP[media_ip_type] [media_ip]
t=0 0
m=audio [media_port] RTP/AVP {formats}
{maps}a=ptime:20
"""
_TAG = ";tag=[pid]peer[call_number]"


def response(code: int, reason: str, extra: str = "", tag: str = _TAG) -> str:
    return _RESPONSE.format(code=code, reason=reason, extra=extra, tag=tag, retrans="", length=0, body="")


def answer(codec: str = "PCMU") -> str:
    """200 with sound in one codec and telephone-event; sent again until ACK comes."""
    number = {"PCMU": 0, "PCMA": 8}[codec]
    maps = f"a=rtpmap:{number} {codec}/8000\na=rtpmap:101 telephone-event/8000\na=fmtp:101 0-15\n"
    body = _SDP.format(formats=f"{number} 101", maps=maps)
    return _RESPONSE.format(code=200, reason="OK", tag=_TAG, retrans=' retrans="500"', length="[len]", body=body,
                            extra="Content-Type: application/sdp\n")


def receive(method: str, inside: str = "", **attributes: str) -> str:
    listed = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f'\n  <recv request="{method}"{listed}>{inside}</recv>'


def pause(milliseconds: int) -> str:
    return f'\n  <pause milliseconds="{milliseconds}"/>'


RINGING = response(180, "Ringing")
ACK = receive("ACK")
# BYE from Kizashi; a while longer in case the answer got lost.
HANGS_UP = receive("BYE") + response(200, "OK", tag="") + '\n  <timewait milliseconds="200"/>'


def key_by_rtp(key: str) -> str:
    """RFC 4733, from sipp's own recordings. Needs a raw socket, so root."""
    name = {"*": "star", "#": "pound"}.get(key, key)
    return f'\n  <nop><action><exec play_pcap_audio="{PCAP_FOLDER}/dtmf_2833_{name}.pcap"/></action></nop>'


def key_by_info(key: str) -> str:
    return f"""
  <send retrans="500"><![CDATA[
INFO [next_url] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:peer@[local_ip]:[local_port]>;tag=[pid]peer[call_number]
To: [$caller]
[last_Call-ID:]
CSeq: 1 INFO
Max-Forwards: 70
Content-Type: application/dtmf-relay
Content-Length: [len]

Signal={key}
Duration=160
]]></send>
  <recv response="200"/>"""


REMEMBER_CALLER = '<action><ereg regexp=".*" search_in="hdr" header="From:" assign_to="caller"/></action>'


class Sipp:
    """sipp as the one who is called, for one call (or more); ends with 0 when all went as its scenario says."""

    def __init__(self, case: kt.Case, steps: str, transport: str = "u1", calls: int = 1,
                 extra: tuple[str, ...] = ()):
        program = kt.need_program("sipp")
        self.port = free_port()
        unread = '\n  <Reference variables="caller"/>' if REMEMBER_CALLER in steps else ""
        text = f'<?xml version="1.0" encoding="UTF-8"?>\n<scenario name="called">{steps}{unread}\n</scenario>\n'
        scenario = case.write(f"{self.port}.xml", text)
        self.messages_path = case.path(f"{self.port}.messages")
        self.process = case.start("sipp", [
            program, "-sf", scenario, "-i", "127.0.0.1", "-p", str(self.port), "-mi", "127.0.0.1", "-mp",
            str(free_port(even=True)), "-m", str(calls), "-t", transport, "-nostdin", "-trace_msg", "-message_file",
            self.messages_path, "-trace_err", "-error_file", case.path(f"{self.port}.errors"), *extra])
        wait_for_port(self.port, transport, self.process)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def messages(self) -> str:
        if not os.path.exists(self.messages_path):
            return ""
        with open(self.messages_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def succeeded(self, timeout_s: float = 20.0) -> None:
        code = self.process.wait(timeout_s)
        assert code == 0, f"sipp ended with {code}:\n{self.process.tail()}\n{self.messages()[-3000:]}"


def _is_free(port: int) -> bool:
    """Of UDP and TCP."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, socket.socket() as tcp:
        try:
            udp.bind(("127.0.0.1", port))
            tcp.bind(("127.0.0.1", port))  # without SO_REUSEADDR: no old connection has it either
        except OSError:
            return False
    return True


def free_port(even: bool = False, row: int = 1) -> int:
    """The first of `row` ports that are free. None of those that the system gives to clients and to port 0: what runs
    beside this could get it before the program for which it is."""
    with open("/proc/sys/net/ipv4/ip_local_port_range", encoding="ascii") as file:
        first_of_clients = int(file.read().split()[0])
    while True:
        port = random.randrange(10_000, max(20_000, first_of_clients - row))
        if (not even or port % 2 == 0) and all(_is_free(port + i) for i in range(row)):
            return port


def wait_for_port(port: int, transport: str, process: kt.Process) -> None:
    """Until a process of this machine has the port open; `process` is to open it."""
    tables = ["tcp", "tcp6"] if transport.startswith(("t", "l")) else ["udp", "udp6"]

    def is_open() -> bool:
        for table in tables:
            with open(f"/proc/net/{table}", encoding="ascii") as file:
                if any(line.split()[1].endswith(f":{port:04X}") for line in file.readlines()[1:]):
                    return True
        return not process.running()

    try:
        kt.wait_until(is_open, 60, f"port {port} to be listened on")
    except AssertionError as error:
        raise AssertionError(f"{error}\n{process.tail()}") from None
    assert process.running(), f"it ended instead of listening on port {port}:\n{process.tail()}"


class BarePeer:
    """A UDP socket that is called and answers as the test tells it, right or wrong."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(10)
        self.port = int(self.socket.getsockname()[1])
        self.caller: Optional[tuple[str, int]] = None
        self.invite: dict[str, str] = {}
        self.body = ""

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def receive(self, method: str, timeout_s: float = 10.0) -> str:
        """The next request of this method; other messages are passed over."""
        deadline = time.monotonic() + timeout_s
        while True:
            self.socket.settimeout(max(0.01, deadline - time.monotonic()))
            data, sender = self.socket.recvfrom(65536)
            text = data.decode("utf-8", "replace")
            if not text.startswith(method + " "):
                continue
            self.caller = sender
            if method == "INVITE":
                head, self.body = text.split("\r\n\r\n", 1)
                fields = (line.split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
                self.invite = dict(fields)
            return text

    def send(self, data: bytes) -> None:
        assert self.caller is not None
        self.socket.sendto(data, self.caller)

    def reply(self, code: int, reason: str, body: str = "", extra: str = "", to_tag: str = "peer") -> None:
        """To the INVITE."""
        fields = self.invite
        text = (f"SIP/2.0 {code} {reason}\r\nVia: {fields['Via']}\r\nFrom: {fields['From']}\r\n"
                f"To: {fields['To']};tag={to_tag}\r\nCall-ID: {fields['Call-ID']}\r\nCSeq: {fields['CSeq']}\r\n"
                f"Contact: <sip:peer@{self.address}>\r\n{extra}")
        if body:
            text += "Content-Type: application/sdp\r\n"
        self.send(f"{text}Content-Length: {len(body)}\r\n\r\n{body}".encode())

    def answer_bye(self, bye: str) -> None:
        wanted = ("Via:", "From:", "To:", "Call-ID:", "CSeq:")
        fields = [line for line in bye.split("\r\n") if line.startswith(wanted)]
        self.send(("\r\n".join(["SIP/2.0 200 OK", *fields, "Content-Length: 0"]) + "\r\n\r\n").encode())

    def describe(self, port: int, formats: str = "0 101") -> str:
        return (f"v=0\r\no=peer 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {port} RTP/AVP {formats}\r\n"
                "a=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\n")

    def caller_rtp_port(self) -> int:
        return next(int(line.split()[1]) for line in self.body.split("\r\n") if line.startswith("m=audio"))

    def close(self) -> None:
        self.socket.close()


def digest(given: dict[str, str], user: str, secret: str, method: str) -> str:
    """The response that RFC 2617 wants for these fields of an Authorization with qop=auth."""
    def md5(text: str) -> str:
        return hashlib.md5(text.encode()).hexdigest()

    ha1 = md5(f"{user}:{given['realm']}:{secret}")
    ha2 = md5(f"{method}:{given['uri']}")
    return md5(":".join([ha1, given["nonce"], given["nc"], given["cnonce"], given["qop"], ha2]))


def rtp_event(key: int, timestamp: int, sequence: int, end: bool = False) -> bytes:
    """One packet of RFC 4733."""
    header = struct.pack("!BBHII", 0x80, 101, sequence & 0xffff, timestamp, 0x1234)
    return header + struct.pack("!BBH", key, 0x80 if end else 0, 160)


class RtpRecorder:
    """What a caller says: the payloads of RTP that come to a UDP port, and when the first one came."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.port = free_port(even=True)
        self.socket.bind(("127.0.0.1", self.port))
        self.socket.settimeout(0.1)
        self.packets: list[bytes] = []
        self._stop = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._stop:
            try:
                self.packets.append(self.socket.recv(4096))
            except TimeoutError:
                continue
            except OSError:
                return

    def close(self) -> None:
        self._stop = True
        self.socket.close()


class Baresip:
    """A whole softphone: takes every call by itself, over UDP, TCP or TLS, says what it hears (it needs some sound to
    send keys in between), and keeps what it heard as WAVE files."""

    MODULES = "/usr/lib/baresip/modules"

    def __init__(self, case: kt.Case, certificate: str = ""):
        program = kt.need_program("baresip")
        if not os.path.exists(f"{self.MODULES}/sndfile.so"):
            kt.skip("baresip-core's modules are not installed")
        self.folder = case.path("baresip")
        self.port, self._control = free_port(row=2), free_port()  # of TLS it is the next one
        tls = f"sip_certificate {certificate}\n" if certificate else ""
        modules = "".join(f"module {name}.so\n" for name in ("g711", "aubridge", "sndfile"))
        case.write("baresip/config", f"""sip_listen 127.0.0.1:{self.port}
{tls}call_max_calls 4
audio_source aubridge,sink
audio_player aubridge,sink
audio_alert aubridge,alert
net_interface 127.0.0.1
module_path {self.MODULES}
{modules}snd_path {self.folder}
module_app account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:{self._control}
""")
        case.write("baresip/accounts", "<sip:ann@127.0.0.1>;answermode=auto;regint=0\n")
        case.write("baresip/contacts", "")
        self.process = case.start("baresip", [program, "-f", self.folder])
        wait_for_port(self._control, "t1", self.process)
        wait_for_port(self.port + 1 if certificate else self.port, "t1", self.process)

    def command(self, name: str, parameters: str = "") -> None:
        """One command of its ctrl_tcp, as a netstring of JSON."""
        text = json.dumps({"command": name, "params": parameters, "token": "t"})
        with socket.create_connection(("127.0.0.1", self._control), timeout=10) as connection:
            connection.sendall(f"{len(text)}:{text},".encode())
            connection.recv(4096)

    def press(self, key: str) -> None:
        self.command("sndcode", key)

    def heard(self) -> list[int]:
        """The samples of the last call."""
        names = [name for name in os.listdir(self.folder) if name.endswith("-dec.wav")]
        assert names, os.listdir(self.folder)
        with open(os.path.join(self.folder, max(names)), "rb") as file:
            data = file.read()[44:]
        return [value for (value,) in struct.iter_unpack("<h", data[:len(data) // 2 * 2])]
