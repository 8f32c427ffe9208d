#!/usr/bin/python3
"""Whatever arrives: refused with a reason and counted, the rest counts, the daemon stays up."""
import random
import unittest

import msgpack

from daemon import Daemon, event, now_ms, send

GOOD = event("opened", "T", id="good")


def with_field(**fields):
    """A good event but for these fields; None takes one away."""
    changed = {**GOOD, "id": "bad", **fields}
    return {key: value for key, value in changed.items() if value is not None}


# name, payload, refused by reason, events that count
TABLE = [
    ("no bytes", b"", {"truncated": 1}, 0),
    ("no MessagePack", b"\xc1", {"not_msgpack": 1}, 0),
    ("truncated", msgpack.packb(GOOD)[:-1], {"truncated": 1}, 0),
    ("trailing", msgpack.packb(GOOD) + b"\x00", {"trailing": 1}, 0),
    ("2^32 maps in 5 bytes", b"\xdd\xff\xff\xff\xff", {"too_many": 1}, 0),
    ("2^28 members in 5 bytes", b"\xdf\x10\x00\x00\x00", {"truncated": 1}, 0),
    ("a 4 GB text in 5 bytes", b"\x81\xa1a\xdb\xff\xff\xff\xff", {"truncated": 1}, 0),
    ("an ext of 2^32 bytes", b"\xc9\xff\xff\xff\xff\x01", None, 0),
    ("a number", b"\x05", {"not_a_map": 1}, 0),
    ("a text", msgpack.packb("opened"), {"not_a_map": 1}, 0),
    ("nested arrays", b"\x91" * 100 + b"\xc0", {"too_deep": 1}, 0),
    ("nested maps", b"\x81\xa1a" * 100 + b"\xc0", {"too_deep": 1}, 0),
    ("4097 events", [GOOD] * 4097, {"too_many": 1}, 0),
    ("more than a MiB", msgpack.packb([GOOD]) + b"\x00" * (1 << 20), {"too_large": 1}, 0),
    ("an integer key", {**GOOD, 5: 6}, {"bad_key": 1}, 0),
    ("no type", with_field(type=None), {"no_type": 1}, 0),
    ("an unknown type", with_field(type="teleported"), {"unknown_type": 1}, 0),
    ("no ticket", with_field(ticket=None), {"missing_field": 1}, 0),
    ("no ts", with_field(ts=None), {"missing_field": 1}, 0),
    ("a number as a name", with_field(ticket=5), {"wrong_type": 1}, 0),
    ("a map as a name", with_field(ticket={}), {"wrong_type": 1}, 0),
    ("a text as a time", with_field(ts="today"), {"wrong_type": 1}, 0),
    ("an empty name", with_field(ticket=""), {"name_empty": 1}, 0),
    ("a name of 65 bytes", with_field(ticket="x" * 65), {"name_long": 1}, 0),
    ("a name that is no UTF-8", msgpack.packb(GOOD).replace(b"good", b"g\xff\xfed"),
     {"not_utf8": 1}, 0),
    ("a reserved name", with_field(agent="(auto)"), {"reserved_name": 1}, 0),
    ("seconds as ts", with_field(ts=now_ms() // 1000), {"ts_unit": 1}, 0),
    ("nanoseconds as ts", with_field(ts=now_ms() * 1000000), {"ts_range": 1}, 0),
    ("a wrong word", with_field(by="martian"), {"bad_word": 1}, 0),
    ("a batch with one bad event", [dict(GOOD, id=f"b{i}", ticket=f"B{i}") if i != 3 else
                                    with_field(ts=1) for i in range(10)], {"ts_unit": 1}, 9),
    ("a batch with things that are no maps", [GOOD, 5, [], "x"], {"not_a_map": 3}, 1),
    ("an empty batch", [], {}, 0),
    ("unknown fields", {**with_field(id="u"), "x": [{"y": 1}], "z": b"\xff"}, {}, 1),
    ("a float as ts", with_field(id="f", ts=float(now_ms())), {}, 1),
    ("an integer id", with_field(id=2 ** 64 - 1), {}, 1),
]


class BadInput(unittest.TestCase):
    def test_table(self):
        with Daemon() as daemon:
            publisher = daemon.publisher()
            before = daemon.status()
            for name, payload, refused, events in TABLE:
                with self.subTest(name):
                    send(publisher, payload)
                    after = daemon.wait_messages(before["messages"] + 1)
                    counted = {reason: n - before["rejected"].get(reason, 0)
                               for reason, n in after["rejected"].items()
                               if n != before["rejected"].get(reason, 0)}
                    if refused is not None:
                        self.assertEqual(counted, refused)
                    else:
                        self.assertEqual(sum(counted.values()), 1)
                    self.assertEqual(after["events"] - before["events"], events)
                    before = after

    def test_frames(self):
        with Daemon() as daemon:
            publisher = daemon.publisher()
            good = msgpack.packb(GOOD)
            for frames in ([b"ticket"], [b"ticket", good, good], [b"ticket", b"", good, b""]):
                publisher.send_multipart(frames)
            send(publisher, GOOD)
            status = daemon.wait_messages(4)
            self.assertEqual(status["rejected"], {"not_msgpack": 3})
            self.assertEqual(status["events"], 1)

    def test_log_names_the_culprit_and_is_no_flood(self):
        with Daemon() as daemon:
            publisher = daemon.publisher()
            with daemon.held():  # so that all are of the ten seconds that have ten lines
                send(publisher, [GOOD, with_field(id='x "<0>y', ts=5)])
                for i in range(1000):
                    send(publisher, with_field(id=str(i), ts=5))
            line = daemon.wait_line("event refused").string
            self.assertRegex(line, r"^<4>event refused reason=ts_unit src=test "
                                   r'id="x \\x22<0>y" offset=\d+$')
            daemon.wait_messages(1001)
            daemon.stop()
            self.assertEqual(sum("event refused reason" in one for one in daemon.log), 10)

    def test_random_bytes(self):
        """Random bytes, and good payloads with some bytes changed, from a fixed seed."""
        chance = random.Random(7)
        good = msgpack.packb([dict(GOOD, id=str(i), ticket=f"T{i}") for i in range(5)])
        with Daemon() as daemon:
            publisher = daemon.publisher()
            for _ in range(3000):
                if chance.random() < 0.5:
                    payload = chance.randbytes(chance.randrange(200))
                else:
                    payload = bytearray(good)
                    for _ in range(chance.randrange(1, 6)):
                        payload[chance.randrange(len(payload))] = chance.randrange(256)
                send(publisher, bytes(payload))
            send(publisher, dict(GOOD, id="last", ticket="last"))
            status = daemon.wait_messages(3001)
            self.assertGreater(sum(status["rejected"].values()), 1000)
            self.assertGreaterEqual(status["events"], 1)

    def test_oversize_frame_ends_the_connection_only(self):
        with Daemon() as daemon:
            rude, polite = daemon.publisher(), daemon.publisher()
            send(rude, b"x" * (5 << 20))
            send(polite, GOOD)
            status = daemon.wait_messages(1)
            self.assertEqual((status["messages"], status["events"]), (1, 1))
            # What was on its way with the old connection is lost; it connects anew by itself.
            daemon.wait_status(lambda s: s["messages"] >= 2 or send(rude, GOOD))


if __name__ == "__main__":
    unittest.main()
