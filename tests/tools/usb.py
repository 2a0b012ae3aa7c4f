#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""ovl usb read, write, iso-read, iso-write, serve and attach, on virtual devices: what they print, write and return.

tests/tools/usb.py OVL TONE   (the tool; examples/tone.py)
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

OVL, TONE = (os.path.abspath(path) for path in sys.argv[1:3])
checks = failures = 0


def ok(good, what, detail=''):
    global checks, failures
    checks += 1
    failures += not good
    print(('' if good else 'not ') + f'ok - {what}' + ('' if good else f'\n#   at {detail}'))


def usb(*arguments, stdin=b''):
    return subprocess.run([OVL, 'usb', *arguments], input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)


def text(done):
    return (done.stdout + done.stderr).decode(errors='replace')


def moves(what, done, pattern):
    out = done.stdout.decode(errors='replace')
    found = re.search(pattern, out)
    ok(done.returncode == 0 and found, what, f'status {done.returncode}: {text(done)!r}')
    return found


def refuses(what, done, status, words):
    ok(done.returncode == status and words in done.stderr.decode(), what, f'status {done.returncode}: {text(done)!r}')


PATTERN = bytes(i % 251 for i in range(1 << 20))
SOURCE = '--request=40:01:1:0'  # the device delivers the pattern, and takes only that


def bulk(work):
    got = work / 'got'
    moves('read 10 transfers', usb('--usb=mutt', 'read', SOURCE, '--count=10', '--size=8192', f'--file={got}', 'virtual-1', '81'),
          r'^81920 bytes in ')
    ok(got.read_bytes() == PATTERN[:81920], 'its bytes, in their order')
    done = usb('--usb=mutt', 'read', SOURCE, '--count=3', '--size=1024', '--file=-', 'virtual-1')
    ok(done.stdout == PATTERN[:3072] and b'3072 bytes' in done.stderr, 'to standard output, the figures beside it', text(done))
    moves('one transfer is shown', usb('--usb=mutt', 'read', SOURCE, '--size=512', 'virtual-1'), r'0010  10 11 12 13')
    moves('by ids', usb('--usb=fx2;mutt', 'read', SOURCE, '--size=512', '1209:0001'), r'0010  10 11 12 13')
    refuses('ids that none has', usb('--usb=mutt', 'read', '1209:0009'), 1, 'no such device')
    moves('for a time', usb('--usb=mutt', 'read', SOURCE, '--seconds=0.3', 'virtual-1'), r'^\d{6,} bytes in 0\.[34]')
    moves('write the pattern', usb('--usb=mutt', 'write', SOURCE, '--count=7', '--size=1000', 'virtual-1'), r'^7000 bytes')
    moves('write standard input to its end', usb('--usb=mutt', 'write', SOURCE, '--file=-', '--size=4096', 'virtual-1',
                                                 stdin=PATTERN[:10000]), r'^10000 bytes')
    refuses('the device stalls what it does not like',
            usb('--usb=mutt', 'write', SOURCE, '--file=-', 'virtual-1', stdin=b'wrong'), 1, 'the device refused it')
    refuses('a time-out', usb('--usb=mutt', 'read', '--timeout=50', 'virtual-1'), 1, 'timed out')
    refuses('unplugged', usb('--usb=mutt,faults=unplug:ep=81:at=3', 'read', SOURCE, '--seconds=5', 'virtual-1'), 1, 'gone')


def refusals():
    refuses('no such device', usb('--usb=mutt', 'read', 'virtual-7'), 1, 'no such device')
    refuses('no such pipe', usb('--usb=mutt', 'read', 'virtual-1', '8f'), 1, 'no bulk or interrupt IN pipe')
    refuses('an OUT pipe cannot be read', usb('--usb=mutt', 'read', 'virtual-1', '01'), 2, 'not the address of an IN pipe')
    refuses('an option that is none', usb('--usb=mutt', 'read', '--sise=5', 'virtual-1'), 2, 'no option --sise=5')
    refuses('a value that is none', usb('--usb=mutt', 'read', '--size=x', 'virtual-1'), 2, 'the value of --size=x')
    refuses('no isochronous pipe', usb('--usb=fx2', 'iso-read', 'virtual-1'), 1, 'no isochronous IN pipe')
    refuses('no sound there', usb('--usb=mutt', 'iso-read', '--wav=x.wav', 'virtual-1'), 1, 'no audio format')


def isochronous(work):
    summary = r'(\d+) bytes in .*, (\d+) packets, (\d+) late, (\d+) lost, (\d+) restarts'
    found = moves('iso-read for 200 ms', usb('--usb=mutt', 'iso-read', '--seconds=0.2', 'virtual-1'), summary)
    ok(found and int(found[2]) == 1600, 'is 1600 packets', found and found[0])
    got = work / 'packets'
    moves('iso-read to a file', usb('--usb=mutt', 'iso-read', '--count=5', f'--file={got}', '--setting=2', 'virtual-1'), summary)
    data = got.read_bytes()
    counters = [int.from_bytes(data[at + 8:at + 12], 'little') for at in range(0, len(data), 3072)]
    ok(counters == list(range(400)), 'packet by packet', counters[:5])
    moves('iso-write', usb('--usb=mutt', 'iso-write', '--count=20', 'virtual-1', '03'), summary)
    found = moves('lost packets are counted', usb('--usb=mutt,faults=drop:ep=83:every=10', 'iso-read', '--count=10', 'virtual-1'),
                  summary)
    ok(found and int(found[4]) == 80, 'every tenth', found and found[0])
    for speed, setting, packets in [('full', 2, 100), ('super', 4, 800)]:
        found = moves(f'{speed} speed', usb(f'--usb=mutt,speed={speed}', 'iso-read', f'--setting={setting}', '--seconds=0.1',
                                            'virtual-1'), summary)
        ok(found and int(found[2]) == packets, f'{packets} packets', found and found[0])
    found = moves('super speed out', usb('--usb=mutt,speed=super', 'iso-write', '--setting=5', '--count=10', 'virtual-1'), summary)
    ok(found and int(found[1]) == 10 * 80 * 49152, 'all bytes', found and found[0])


def sound(work):
    tone, played, recorded = work / 'tone.wav', work / 'played.wav', work / 'recorded.wav'
    subprocess.run([sys.executable, TONE, 'make', tone, '0.503'], check=True)
    for speed in ['full', 'high']:
        device = f'--usb=audio,speed={speed},in={tone},out={played}'
        for attempt in range(3):  # a machine that sleeps for 80 ms breaks a stream: it says so, and that is no failure here
            done = usb(device, 'iso-write', f'--wav={tone}', 'virtual-1')
            if b' 0 late' in done.stdout:
                break
        moves(f'{speed} speed: play a file', done, r' 0 late, 0 lost')
        compared = subprocess.run([sys.executable, TONE, 'compare', tone, played], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        ok(compared.returncode == 0, 'the speaker got its samples', compared.stdout)
        for attempt in range(3):
            done = usb(device, 'iso-read', f'--wav={recorded}', '--seconds=0.52', 'virtual-1')
            if b' 0 late, 0 lost, 0 restarts' in done.stdout:
                break
        moves('record one', done, r' 0 late, 0 lost')
        compared = subprocess.run([sys.executable, TONE, 'compare', tone, recorded], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        ok(compared.returncode == 0, 'the microphone gave its samples', compared.stdout)


def capture(work):
    file = work / 'traffic.pcapng'
    usb('--usb=mutt', f'--pcap={file}', 'iso-read', '--count=2', 'virtual-1')
    ok(file.stat().st_size > 2 * 80 * 1024 and file.read_bytes()[:4] == b'\x0a\x0d\x0d\x0a', 'a capture of it')
    if shutil.which('tshark') is None:
        global checks
        checks += 1
        print('ok - tshark dissects it # SKIP there is no tshark')
        return
    fields = ['-T', 'fields', '-e', 'usb.transfer_type', '-e', 'usb.urb_type', '-e', 'usb.iso.numdesc', '-e', '_ws.malformed']
    seen = subprocess.run(['tshark', '-r', str(file), *fields], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    rows = [line.split('\t') for line in seen.stdout.splitlines()]
    ends = [row for row in rows if row[0] == '0x00' and row[1] == "'C'" and row[2].startswith('80')]
    ok(len(ends) == 2 and not any(row[3] for row in rows), 'tshark dissects it: two transfers of 80 packets', rows)


def remote(work):
    server = subprocess.Popen([OVL, 'usb', 'serve', '--port=0', 'mutt', 'fx2'], stdout=subprocess.PIPE, text=True)
    try:
        port = re.search(r'port (\d+);', server.stdout.readline())[1]
        shown = usb('attach', f'tcp:127.0.0.1:{port}:virtual-2')
        ok(shown.returncode == 0 and b'0547:1002' in shown.stdout and b'1209:0001' not in shown.stdout, 'attach shows a device',
           text(shown))
        name = re.search(rb'port \d+: (\S+)', shown.stdout)
        done = usb('attach', f'tcp:127.0.0.1:{port}', OVL, 'usb', 'list')
        ok(done.returncode == 0 and done.stdout.count(b'\n') == 2, 'attach runs a program with both', text(done))
        if name:
            moves('which moves data', usb('attach', f'tcp:127.0.0.1:{port}:virtual-2', OVL, 'usb', 'write', '--count=3', '--size=64',
                                          name[1].decode()), r'^192 bytes')
        refuses('not an address', usb('attach', 'udp:x'), 2, 'is not tcp:')
    finally:
        server.terminate()
        server.wait()
    ok(usb('attach', f'tcp:127.0.0.1:{port}').returncode == 1, 'no server: nothing attached')


def main():
    for name in ['OVERLAPPED_USB', 'OVERLAPPED_PCAP']:
        os.environ.pop(name, None)
    with tempfile.TemporaryDirectory() as directory:
        work = pathlib.Path(directory)
        os.chdir(work)
        bulk(work)
        refusals()
        isochronous(work)
        sound(work)
        capture(work)
        remote(work)
        os.chdir('/')
    print(f'1..{checks}')
    return failures != 0


sys.exit(main())
