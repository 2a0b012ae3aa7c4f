#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""redir_device.py SOCKET [high|super|full] : a made-up USB device behind the usbredir
protocol (for `run.sh --devices redir=SOCKET`), so that the guest's real xHCI driver
sees endpoints no emulated QEMU device has:
  interface 0 alt 0: bulk OUT 0x02 -> bulk IN 0x81 (loopback; per stream at super
                     speed), interrupt IN 0x83 (a counter, every 10 ms)
  interface 0 alt 1: and isochronous IN 0x84 (numbered packets), OUT 0x05
Vendor request 0x40/0xc0 number 1: counters (iso OUT packets, bytes, breaks in sequence).
"""
import os, socket, struct, sys, threading, time
path, speed = sys.argv[1], (sys.argv[2] if len(sys.argv) > 2 else "high")
SS, FS = speed == "super", speed == "full"
MPS = 1024 if SS else 64 if FS else 512
IVL = 1 if FS else 4						# one packet a millisecond
ISO = 192
PRODUCT = 0x0012 if SS else 0x0011

def ep(addr, attr, mps, ivl, streams=0):
    d = struct.pack("<BBBBHB", 7, 5, addr, attr, mps, ivl)
    if SS: d += struct.pack("<BBBBH", 6, 0x30, 0, streams, mps if attr in (1, 5, 3) else 0)
    return d
IFS = []
for alt in (0, 1):
    e = [ep(0x81, 2, MPS, 0, 4), ep(0x02, 2, MPS, 0, 4), ep(0x83, 3, 8, 8 if not FS else 10)]
    if alt: e += [ep(0x84, 5, ISO, IVL), ep(0x05, 5, ISO, IVL)]
    IFS.append(struct.pack("<BBBBBBBBB", 9, 4, 0, alt, len(e), 255, 0, 0, 0) + b"".join(e))
CFG = b"".join(IFS); CFG = struct.pack("<BBHBBBBB", 9, 2, 9 + len(CFG), 1, 1, 0, 0x80, 50) + CFG
DEV = struct.pack("<BBHBBBBHHHBBBB", 18, 1, 0x300 if SS else 0x200, 255, 0, 0, 9 if SS else 64, 0x1209, PRODUCT, 0x100, 1, 2, 0, 1)
BOS = struct.pack("<BBHB", 5, 15, 22, 2) + struct.pack("<BBBI", 7, 16, 2, 0) + struct.pack("<BBBBHBBH", 10, 16, 3, 0, 0xc, 2, 0, 0)
def string(i):
    if i == 0: return b"\x04\x03\x09\x04"
    s = ("guest", "redirected device")[i - 1].encode("utf-16le"); return bytes([2 + len(s), 3]) + s

caps = 1 << 0 | 1 << 1 | 1 << 4 | 1 << 5 | 1 << 6		# streams, version, ep sizes, 64-bit ids, 32-bit bulk
class Peer:
    def __init__(self, s): self.s, self.lock, self.peer = s, threading.Lock(), 0; self.alt = 0; self.iso = False; self.intr = False; self.n = [0, 0, 0, None]; self.wait = {}; self.have = {}; self.on = 0
    def send(self, typ, body, ident=0):
        fmt = "<IIQ" if self.on & self.peer & 1 << 5 else "<III"
        with self.lock: self.s.sendall(struct.pack(fmt, typ, len(body), ident) + body)
    def rd(self, n):
        b = b""
        while len(b) < n:
            c = self.s.recv(n - len(b))
            if not c: raise EOFError
            b += c
        return b
    def epinfo(self):
        t, iv, it, mp, st = [255] * 32, [0] * 32, [0] * 32, [0] * 32, [0] * 32
        t[0] = t[16] = 0; mp[0] = mp[16] = 64
        def put(a, ty, m, i, s=0): k = (a & 15) + (16 if a & 0x80 else 0); t[k], mp[k], iv[k], st[k] = ty, m, i, s
        put(0x81, 2, MPS, 0, 16 if SS else 0); put(0x02, 2, MPS, 0, 16 if SS else 0); put(0x83, 3, 8, 8 if not FS else 10)
        if self.alt: put(0x84, 1, ISO, IVL); put(0x05, 1, ISO, IVL)
        self.send(4, struct.pack("<I", 1) + bytes(32) + bytes([255] + [0] * 31) + bytes(64))
        b = bytes(t) + bytes(iv) + bytes(it)
        if self.peer & 1 << 4: b += struct.pack("<32H", *mp)
        if self.peer & 1 << 0: b += struct.pack("<32I", *st)
        self.send(5, b)
    def isoin(self):
        k, t = 0, time.monotonic()
        while self.iso:
            self.send(102, struct.pack("<BBH", 0x84, 0, ISO) + (struct.pack("<I", k) * (ISO // 4)), k); k += 1
            t += 0.001; time.sleep(max(0, t - time.monotonic()))
    def intrin(self):
        k = 0
        while self.intr: self.send(103, struct.pack("<BBH", 0x83, 0, 8) + struct.pack("<Q", k), k); k += 1; time.sleep(0.01)
    def control(self, ident, b):
        e, rq, rt, st, val, idx, ln = struct.unpack("<BBBBHHH", b[:10]); out = b""; st = 0
        if rt == 0x80 and rq == 6:
            out = {1: DEV, 2: CFG, 15: BOS if SS else None, 3: string(val & 255) if val & 255 < 3 else None}.get(val >> 8)
            if out is None: st, out = 2, b""		# stall
        elif rq == 1 and rt & 0x60 == 0x40: out = struct.pack("<III", *self.n[:3]) if rt & 0x80 else b""
        elif rt & 0x80 and rq == 0: out = b"\0\0"
        elif not rt & 0x60 and not rt & 0x80: pass
        else: st = 2
        out = out[:ln] if rt & 0x80 else b""
        self.send(100, struct.pack("<BBBBHHH", e, rq, rt, st, val, idx, len(out) if rt & 0x80 else ln) + out, ident)
    def loop(self, sid):
        w, h = self.wait.setdefault(sid, []), self.have.setdefault(sid, bytearray())
        while w and h:
            ident, ln = w.pop(0); d = bytes(h[:ln]); del h[:ln]
            self.send(101, struct.pack("<BBHIH", 0x81, 0, len(d) & 0xffff, sid, len(d) >> 16) + d, ident)
    def run(self):
        self.send(0, b"redir_device".ljust(64, b"\0") + struct.pack("<I", caps))
        while True:
            big = self.on & self.peer & 1 << 5
            typ, ln, ident = struct.unpack("<IIQ" if big else "<III", self.rd(16 if big else 12)); b = self.rd(ln)
            if os.environ.get("V"): print("<-", typ, ln, ident, b[:24].hex(), file=sys.stderr)
            if typ == 0:
                self.peer = struct.unpack("<I", b[64:68])[0] if ln >= 68 else 0; self.on = caps
                self.epinfo(); self.send(1, struct.pack("<BBBBHHH", {"full": 1, "high": 2, "super": 3}[speed], 255, 0, 0, 0x1209, PRODUCT, 0x100))
            elif typ == 3: self.iso = self.intr = False; self.wait.clear(); self.have.clear(); self.alt = 0
            elif typ == 6: self.alt = 0; self.epinfo(); self.send(8, bytes([0, b[0]]), ident)
            elif typ == 7: self.send(8, bytes([0, 1]), ident)
            elif typ == 9: self.alt = b[1]; self.iso = False; self.epinfo(); self.send(11, bytes([0, b[0], b[1]]), ident)
            elif typ == 10: self.send(11, bytes([0, b[0], self.alt]), ident)
            elif typ == 12:
                self.send(14, bytes([0, b[0]]), ident)
                if b[0] == 0x84 and not self.iso: self.iso = True; threading.Thread(target=self.isoin, daemon=True).start()
            elif typ == 13:
                if b[0] == 0x84: self.iso = False
                self.send(14, bytes([0, b[0]]), ident)
            elif typ == 15: self.intr = True; self.send(17, bytes([0, b[0]]), ident); threading.Thread(target=self.intrin, daemon=True).start()
            elif typ == 16: self.intr = False; self.send(17, bytes([0, b[0]]), ident)
            elif typ == 18: e, n = struct.unpack("<II", b); print("alloc streams %#x %d" % (e, n), file=sys.stderr); self.send(20, struct.pack("<IIB", e, n, 0), ident)
            elif typ == 19: self.send(20, struct.pack("<IIB", struct.unpack("<I", b)[0], 0, 0), ident)
            elif typ == 21:
                for sid, w in self.wait.items():
                    for x in list(w):
                        if x[0] == ident: w.remove(x); self.send(101, struct.pack("<BBHIH", 0x81, 1, 0, sid, 0), ident)
            elif typ == 100: self.control(ident, b)
            elif typ == 101:
                e, st, lo, sid, hi = struct.unpack("<BBHIH", b[:10]); n = lo | hi << 16
                if e == 2: self.have.setdefault(sid, bytearray()).extend(b[10:]); self.send(101, struct.pack("<BBHIH", 2, 0, lo, sid, hi), ident)
                else: self.wait.setdefault(sid, []).append((ident, n))
                self.loop(sid)
            elif typ == 102:
                w = struct.unpack("<I", b[4:8])[0] if len(b) >= 8 else 0
                self.n[0] += 1; self.n[1] += len(b) - 4; self.n[2] += self.n[3] is not None and w != self.n[3]; self.n[3] = (w + (len(b) - 4) // 4 * 0 + 1) & 0xffffffff
if os.path.exists(path): os.unlink(path)
l = socket.socket(socket.AF_UNIX); l.bind(path); l.listen(1)
while True:
    s, _ = l.accept()
    try: Peer(s).run()
    except (EOFError, ConnectionError, BrokenPipeError): pass
