#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs the library's benchmarks beside raw Linux doing the same work, and says which goals are met.

Each goal is a pair of commands run in turn (A B A B ...), so that both see the same neighbours. A figure is
the median of its rounds, a ratio the median of the rounds' ratios. Programs print one line of key=value.
Needs a finished build (build/tools/ovcc), a C compiler and liburing's headers for the raw side.
"""
import argparse
import json
import os
import pathlib
import re
import statistics
import struct
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
RAW = ['queue', 'ring_io', 'echo_server', 'echo_client', 'pingpong', 'syscalls', 'copy']
OURS = ['post_get', 'port_io', 'echo_server', 'pipe_pingpong', 'wait_many', 'block_release', 'no_syscall',
        'idle', 'memory', 'wakeups', 'usb_iso', 'usb_bulk', 'kmdf_bulk', 'kmdf_streams', 'kmdf_cycle']
DRIVERS = {'DRIVER': 'examples/drivers/fx2_driver.c', 'STREAMS': 'examples/drivers/streams_driver.c', 'BULK': 'bench/bulk_driver.c'}
BLOCK, BLOCKS = 4096, 16384


class Failure(Exception):
    """A program could not be built or run; the text says why."""


class Bench:
    def __init__(self, build, quick):
        self.build, self.quick = build, quick
        self.out = build / 'bench'
        self.file = self.out / 'data.bin'
        self.cpus = sorted(os.sched_getaffinity(0))
        self.streams = {}

    # -- building ---------------------------------------------------------------------------------

    def tool(self, *command):
        done = subprocess.run([str(c) for c in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True)
        if done.returncode:
            raise Failure(f'{command[0]}: {done.stdout.strip()}')
        print(done.stdout, end='', file=sys.stderr)  # warnings

    def stale(self, target, *sources):
        return not target.exists() or any(s.stat().st_mtime > target.stat().st_mtime for s in sources)

    def compile_all(self):
        ovcc = self.build / 'tools' / 'ovcc'
        if not ovcc.exists():
            raise Failure(f'{ovcc} is missing: build first')
        (self.out / 'raw').mkdir(parents=True, exist_ok=True)
        headers = list(HERE.glob('*.h')) + list((HERE / 'raw').glob('*.h'))
        objects = []
        for name in ['measure', 'measure_linux']:
            source, target = HERE / f'{name}.c', self.out / f'{name}.o'
            if self.stale(target, source, *headers):
                self.tool('cc', '-std=gnu17', '-O2', '-Wall', '-Wextra', '-c', source, '-o', target)
            objects.append(target)
        for name in RAW:
            source, target = HERE / 'raw' / f'{name}.c', self.out / 'raw' / name
            if self.stale(target, source, *objects, *headers):
                self.tool('cc', '-std=gnu17', '-O2', '-g', '-Wall', '-Wextra', '-pthread', source, *objects,
                          '-o', target, '-luring')
        for name in OURS:
            source, target = HERE / f'{name}.c', self.out / name
            if self.stale(target, source, ovcc, *objects, *headers):
                self.tool(ovcc, '-O2', '-g', source, *objects, '-o', target, '-lws2_32', '-lmswsock',
                          '-lwinusb', '-lcfgmgr32')
        for name in DRIVERS.values():
            source, driver = HERE.parent / name, self.driver(name)
            if self.stale(driver, source, ovcc, *source.parent.glob('*.h')):
                self.tool(ovcc, '--driver', '-O2', '-g', source, '-o', driver)

    def driver(self, source):
        return self.out / (pathlib.Path(source).stem + '.so')

    def make_file(self):
        if not self.file.exists() or self.file.stat().st_size != BLOCK * BLOCKS:
            with open(self.file, 'wb') as f:
                for i in range(BLOCKS):
                    f.write(struct.pack('<Q', i) + b'\1' * (BLOCK - 8))
                f.flush()
                os.fsync(f.fileno())

    def warm_file(self):
        """The kernel may drop pages that nobody touches, so a cached file is read again before each run."""
        with open(self.file, 'rb', buffering=0) as f:
            while f.read(1 << 20):
                pass

    # -- running ----------------------------------------------------------------------------------

    def command(self, words):
        name, *args = words.split()
        replace = {'FILE': str(self.file), 'MS': '300' if self.quick else '1000', 'MINUTE': '1000' if self.quick else '60000',
                   **{word: str(self.driver(source)) for word, source in DRIVERS.items()}}
        args = [re.sub(r'\b(' + '|'.join(replace) + r')\b', lambda m: replace[m.group()], a) for a in args]
        return [str(self.out / name)] + args

    def pinned(self, core):
        if core is None or len(self.cpus) < 2:
            return None
        return lambda: os.sched_setaffinity(0, {self.cpus[core]})

    def figures(self, command, core=None):
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=120,
                              preexec_fn=self.pinned(core))
        if done.returncode:
            why = done.stderr.strip() or f'exit status {done.returncode}'
            raise Failure(f'{" ".join(command)}: {why}')
        return parse(done.stdout)

    def program(self, words):
        for _ in range(3):
            if 'FILE' in words:
                self.warm_file()
            figures = self.figures(self.command(words))
            if figures.get('rate') != 0:
                return figures
        raise Failure(f'{words}: nothing was done in three runs; is the machine busy?')

    def stream(self, words):
        """A long run, made once: it serves all the rows that name it."""
        if words not in self.streams:
            self.streams[words] = self.figures(self.command(words))
        return self.streams[words]

    def echo(self, words):
        """'SERVER ARGS / CLIENT ARGS': the server on one core, its load on another."""
        server, client = (part.strip() for part in words.split('/ '))
        running = subprocess.Popen(self.command(server), stdout=subprocess.PIPE, text=True,
                                   preexec_fn=self.pinned(0))
        try:
            line = running.stdout.readline()
            if not line:
                raise Failure(f'{server}: ended at once')
            port = int(parse(line)['port'])
            load = self.command('raw/echo_client ' + client)
            return self.figures(load + [f'port={port}', f'pid={running.pid}'], core=1)
        finally:
            running.kill()
            running.wait()
            running.stdout.close()

    def syscalls(self, words):
        return self.figures([str(self.out / 'raw/syscalls')] + self.command(words))

    def wakes(self, words):
        """How often all threads of an idle process were switched to, per second."""
        running = subprocess.Popen(self.command(words), stdout=subprocess.PIPE, text=True)
        try:
            if running.stdout.readline().strip() != 'ready':
                raise Failure(f'{words}: ended at once')
            time.sleep(1)
            first, seconds = switches(running.pid), 1.0 if self.quick else 3.0
            time.sleep(seconds)
            return {'wakes': (switches(running.pid) - first) / seconds}
        finally:
            running.kill()
            running.wait()
            running.stdout.close()


def parse(text):
    words = text.strip().splitlines()
    if not words:
        raise Failure('a program printed nothing')
    return {k: float(v) for k, v in (w.split('=') for w in words[-1].split())}


def switches(pid):
    total = 0
    for status in pathlib.Path(f'/proc/{pid}/task').glob('*/status'):
        for line in status.read_text().splitlines():
            if 'ctxt_switches' in line:
                total += int(line.split()[1])
    return total


# name, what is compared, unit, key of the figure, runner, ours, raw, needed, stretch
# A ratio written '>= 0.8' is of rates, '<= 1.05' of costs. Without a raw command the figure itself is compared.
GOALS = [
    ('post-get-1', 'Post+Get, one thread / mutex+condvar', '/s', 'rate', 'program',
     'post_get n=2000000', 'raw/queue n=2000000', '>= 0.8', '>= 1.2'),
    ('post-get-4x4', 'Post/Get, 4 producers 4 consumers / mutex+condvar', '/s', 'rate', 'program',
     'post_get n=1000000 producers=4', 'raw/queue n=1000000 producers=4', '>= 2', None),
    ('read-1', 'cached 4 KiB reads, depth 1 / plain ring', '/s', 'rate', 'program',
     'port_io file=FILE ms=MS', 'raw/ring_io file=FILE ms=MS', '>= 1.1', '>= 1.2'),
    ('read-1-skip', '  same, no packet on success', '/s', 'rate', 'program',
     'port_io file=FILE ms=MS skip=1', 'raw/ring_io file=FILE ms=MS', '>= 1.1', '>= 1.2'),
    ('read-1-pread', '  depth 1 / pread (no goal)', '/s', 'rate', 'program',
     'port_io file=FILE ms=MS', 'raw/ring_io op=pread file=FILE ms=MS', None, None),
    ('read-32', 'cached reads, depth 32 / best ring', '/s', 'rate', 'program',
     'port_io file=FILE ms=MS depth=32', 'raw/ring_io file=FILE ms=MS depth=32 best=1', '>= 0.85', '>= 0.95'),
    ('read-2t', 'cached reads, 2 threads, limit 2 / two rings', '/s', 'rate', 'program',
     'port_io file=FILE ms=MS depth=32 threads=2 limit=2',
     'raw/ring_io file=FILE ms=MS depth=32 threads=2', '>= 0.85', '>= 0.95'),
    ('read-8t', 'cached reads, 8 threads, limit 2 / two rings', '/s', 'rate', 'program',
     'port_io file=FILE ms=MS depth=32 threads=8 limit=2',
     'raw/ring_io file=FILE ms=MS depth=32 threads=2', '>= 0.85', '>= 0.95'),
    ('limit-1', '8 threads at limit 1 / one thread', '/s', 'rate', 'program',
     'port_io file=FILE ms=MS depth=32 threads=8 limit=1 check=1',
     'port_io file=FILE ms=MS depth=32 threads=1 limit=1 check=1', '>= 0.97', None),
    ('limit-1-running', '  most threads running at limit 1', '', 'running', 'program',
     'port_io file=FILE ms=MS depth=32 threads=8 limit=1 check=1', None, '<= 1', None),
    ('write-1', 'buffered overlapped writes, depth 1 / ring', '/s', 'rate', 'program',
     'port_io op=write file=FILE ms=MS', 'raw/ring_io op=write file=FILE ms=MS', '>= 15', None),
    ('direct-32', 'O_DIRECT reads, depth 32 / best ring', '/s', 'rate', 'program',
     'port_io file=FILE ms=MS direct=1 depth=32', 'raw/ring_io file=FILE ms=MS direct=1 depth=32 best=1',
     '>= 0.95', None),
    ('direct-1', 'O_DIRECT reads, depth 1 / best ring', '/s', 'rate', 'program',
     'port_io file=FILE ms=MS direct=1', 'raw/ring_io file=FILE ms=MS direct=1 best=1', '>= 0.7', '>= 0.9'),
    ('echo-64', 'echo, 64 connections, cpu per echo / epoll', 'us', 'cpu_us', 'echo',
     'echo_server / conns=64 ms=MS', 'raw/echo_server / conns=64 ms=MS', '<= 1.05', '<= 1.02'),
    ('echo-1000', 'echo, 1,000 connections / epoll', 'us', 'cpu_us', 'echo',
     'echo_server / conns=1000 ms=MS', 'raw/echo_server / conns=1000 ms=MS', '<= 1.05', '<= 1.02'),
    ('echo-64-skip', '  64, no packet on success', 'us', 'cpu_us', 'echo',
     'echo_server skip=1 / conns=64 ms=MS', 'raw/echo_server / conns=64 ms=MS', '<= 1.05', '<= 1.02'),
    ('echo-64-8t', '  64, 8 threads, limit 0', 'us', 'cpu_us', 'echo',
     'echo_server threads=8 limit=0 / conns=64 ms=MS', 'raw/echo_server / conns=64 ms=MS', '<= 1.2', None),
    ('echo-1000-8t', '  1,000, 8 threads, limit 0', 'us', 'cpu_us', 'echo',
     'echo_server threads=8 limit=0 / conns=1000 ms=MS', 'raw/echo_server / conns=1000 ms=MS', '<= 1.2', None),
    ('rtt', 'one idle client, round trip / epoll', 'us', 'p50_us', 'echo',
     'echo_server / idle_us=1000 ms=MS', 'raw/echo_server / idle_us=1000 ms=MS', '<= 1.1', None),
    ('pipe-overlapped', 'named pipe hop, overlapped, two cores / socket pair', 'us', 'us', 'program',
     'pipe_pingpong overlapped=1 cores=2 n=20000', 'raw/pingpong mode=socketpair cores=2 n=20000',
     '<= 1.25', None),
    ('pipe-sync', 'named pipe hop, synchronous, two cores / socket pair', 'us', 'us', 'program',
     'pipe_pingpong overlapped=0 cores=2 n=20000', 'raw/pingpong mode=socketpair cores=2 n=20000',
     '<= 1.25', None),
    ('pipe-overlapped-1', '  overlapped, one core', 'us', 'us', 'program',
     'pipe_pingpong overlapped=1 cores=1', 'raw/pingpong mode=socketpair cores=1', '<= 1.25', None),
    ('pipe-sync-1', '  synchronous, one core', 'us', 'us', 'program',
     'pipe_pingpong overlapped=0 cores=1', 'raw/pingpong mode=socketpair cores=1', '<= 1.25', None),
    ('wait-64', 'sleep on 64 objects and wake, one core / poll', '/s', 'rate', 'program',
     'wait_many cores=1', 'raw/pingpong mode=poll cores=1', '>= 4', None),
    ('no-syscall', 'system calls of 128 SetEvents and satisfied waits', '', 'calls', 'syscalls',
     'no_syscall', None, '<= 0', None),
    ('release-p50', 'blocked in read(2) to next release, median / futex hop', 'us', ('p50_us', 'hop_p50_us'),
     'program', 'block_release', 'raw/pingpong mode=futex cores=2 n=20000', '<= 4', None),
    ('release-p99', '  p99 / median futex hop', 'us', ('p99_us', 'hop_p50_us'),
     'program', 'block_release', 'raw/pingpong mode=futex cores=2 n=20000', '<= 15', None),
    ('idle', 'wake-ups a second of an idle process', '/s', 'wakes', 'wakes', 'idle', None, '<= 0', None),
    ('wakeups-post', 'thread wake-ups per posted packet', '', 'per_completion', 'program',
     'wakeups what=post', None, '<= 1.05', None),
    ('wakeups-socket', 'thread wake-ups per receive completed', '', 'per_completion', 'program',
     'wakeups what=socket', None, '<= 1.05', None),
    ('wakeups-library', '  wake-ups of library threads per receive (no goal)', '', 'library', 'program',
     'wakeups what=socket', None, None, None),
    ('usb-iso-rate', 'isochronous IN, high speed, 3 x 1024 a microframe', 'B/s', 'bytes_s', 'stream',
     'usb_iso depth=32 ms=MINUTE', 'raw/copy size=245760 every_us=10000 ms=MINUTE', '>= 0.99', None),
    ('usb-iso-late', '  packets late by bus time in a minute', '', 'late', 'stream', 'usb_iso depth=32 ms=MINUTE', None, '<= 0', None),
    ('usb-iso-lost', '  packets lost', '', 'lost', 'stream', 'usb_iso depth=32 ms=MINUTE', None, '<= 0', None),
    ('usb-iso-cpu', '  percent of a core, device and all', '%', 'cpu', 'stream', 'usb_iso depth=32 ms=MINUTE', None, '<= 10', None),
    ('usb-iso-copy', '  the same / a thread that copies as much (no goal)', '%', 'cpu', 'stream',
     'usb_iso depth=32 ms=MINUTE', 'raw/copy size=245760 every_us=10000 ms=MINUTE', None, None),
    ('usb-iso-delay', '  largest scheduling delay (no goal)', 'us', 'delay_us', 'stream', 'usb_iso depth=32 ms=MINUTE', None, None, None),
    ('usb-iso-out-late', 'isochronous OUT, the same: packets late', '', 'late', 'stream', 'usb_iso dir=out depth=32 ms=MINUTE', None,
     '<= 0', None),
    ('usb-iso-out-lost', '  packets that the device did not get', '', 'lost', 'stream', 'usb_iso dir=out depth=32 ms=MINUTE', None,
     '<= 0', None),
    ('usb-iso-out-cpu', '  percent of a core', '%', 'cpu', 'stream', 'usb_iso dir=out depth=32 ms=MINUTE', None, '<= 10', None),
    ('usb-bulk', 'bulk loop-back through WinUSB, 1 MiB / memcpy', 'B/s', 'bytes_s', 'program',
     'usb_bulk size=1048576 ms=MS', 'raw/copy size=1048576 ms=MS', '>= 0.25', None),
    ('kmdf-read-512', 'bulk read of 512 B through a KMDF driver / WinUSB, cpu', 'us', 'cpu_us', 'program',
     'kmdf_bulk driver=BULK size=512 ms=MS', 'kmdf_bulk via=winusb size=512 ms=MS', '<= 2', None),
    ('kmdf-read-4k', '  4 KiB', 'us', 'cpu_us', 'program',
     'kmdf_bulk driver=BULK size=4096 ms=MS', 'kmdf_bulk via=winusb size=4096 ms=MS', '<= 2', None),
    ('kmdf-read-64k', '  64 KiB', 'us', 'cpu_us', 'program',
     'kmdf_bulk driver=BULK size=65536 ms=MS', 'kmdf_bulk via=winusb size=65536 ms=MS', '<= 2', None),
    ('kmdf-read-wall', '  4 KiB, wall time', 'us', 'us', 'program',
     'kmdf_bulk driver=BULK size=4096 ms=MS', 'kmdf_bulk via=winusb size=4096 ms=MS', '<= 2', None),
    ('kmdf-read-8', '  4 KiB, 8 pending, a completion port', 'us', 'cpu_us', 'program',
     'kmdf_bulk driver=BULK depth=8 ms=MS', 'kmdf_bulk via=winusb depth=8 ms=MS', '<= 2', None),
    ('streams-16', '16 static streams in all / one stream, 64 KiB reads', 'B/s', 'bytes_s', 'program',
     'kmdf_streams driver=STREAMS streams=16 ms=MS', 'kmdf_streams driver=STREAMS streams=1 ms=MS', '>= 0.95', None),
    ('streams-slow', '15 streams beside a slow one / without it', 'B/s', 'bytes_s', 'program',
     'kmdf_streams driver=STREAMS streams=15 slow=1 ms=MS', 'kmdf_streams driver=STREAMS streams=15 ms=MS', '>= 0.95', None),
    ('kmdf-cycle', 'a driver: load, start, 1,000 requests, stop, unload', 'ms', 'ms', 'program',
     'kmdf_cycle driver=DRIVER', None, '<= 100', None),
    ('kmdf-cycle-worst', '  the worst of 100', 'ms', 'worst_ms', 'program', 'kmdf_cycle driver=DRIVER', None, '<= 100', None),
    ('usb-super-iso', 'isochronous IN, SuperSpeed, 48 x 1024 a microframe', 'B/s', 'bytes_s', 'stream',
     'usb_iso speed=super setting=4 ms=MS', 'raw/copy size=3932160 every_us=10000 ms=MS', None, None),
    ('usb-super-late', '  packets late (no goal)', '', 'late', 'stream', 'usb_iso speed=super setting=4 ms=MS', None, None, None),
    ('usb-super-out', 'isochronous OUT, the same', 'B/s', 'bytes_s', 'stream',
     'usb_iso speed=super setting=5 dir=out ms=MS', 'raw/copy size=3932160 every_us=10000 ms=MS', None, None),
    ('memory-request', 'memory of an outstanding request', 'B', 'bytes', 'program',
     'memory what=requests', None, '<= 384', None),
    ('memory-port', 'memory of an idle port', 'B', 'bytes', 'program', 'memory what=ports', None, '<= 65536', None),
]


def holds(value, bound):
    sign, limit = bound.split()
    return value >= float(limit) if sign == '>=' else value <= float(limit)


def middle(rounds, key):
    return statistics.median(r[key] for r in rounds if key in r) if any(key in r for r in rounds) else None


def measure(bench, goal, rounds):
    name, _, unit, key, runner, ours, raw, needed, stretch = goal
    ours_key, raw_key = key if isinstance(key, tuple) else (key, key)
    run, left, right = getattr(bench, runner), [], []
    for _ in range(rounds if raw else max(1, rounds // 2)):
        left.append(run(ours))
        if raw:
            right.append(run(raw))
    result = {'name': name, 'what': goal[1].strip(), 'unit': unit, 'needed': needed, 'stretch': stretch,
              'ours': middle(left, ours_key), 'ours_cpu_us': middle(left, 'cpu_us'), 'rounds': len(left)}
    if raw:
        result['raw'] = middle(right, raw_key)
        result['raw_cpu_us'] = middle(right, 'cpu_us')
        result['ratio'] = statistics.median(a[ours_key] / b[raw_key] for a, b in zip(left, right))
    judged = result['ratio'] if raw else max(r[ours_key] for r in left)
    if not raw:
        result['ours'] = judged
    result['verdict'] = ('-' if needed is None else 'below' if not holds(judged, needed) else
                         'PASS+' if stretch and holds(judged, stretch) else 'PASS')
    return result


def number(value):
    if value is None:
        return ''
    if abs(value) >= 1e6:
        return f'{value / 1e6:.2f} M'
    if abs(value) >= 1e4:
        return f'{value / 1e3:.1f} k'
    return f'{value:.0f}' if value == int(value) else f'{value:.3g}' if value < 100 else f'{value:.0f}'


ROW = '{:54} {:>11} {:>11} {:>6}  {:>7} {:>7}  {:>13}  {}'


def print_row(goal, r):
    cpu = f'{number(r["ours_cpu_us"])}/{number(r.get("raw_cpu_us"))}' if r['ours_cpu_us'] is not None else ''
    ratio = f'{r["ratio"]:.2f}' if 'ratio' in r else ''
    print(ROW.format(goal[1], (number(r['ours']) + ' ' + r['unit']).strip(),
                     (number(r.get('raw')) + ' ' + r['unit']).strip() if 'raw' in r else '', ratio,
                     r['needed'] or '', r['stretch'] or '', cpu, r['verdict']), flush=True)


def main():
    top = HERE.parent
    p = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    p.add_argument('--build', default=top / 'build', type=pathlib.Path, help='build directory')
    p.add_argument('--quick', action='store_true', help='one short round of each: does it run at all')
    p.add_argument('--only', action='append', metavar='NAME', help='goals whose name contains NAME')
    p.add_argument('--rounds', type=int, default=0, help='rounds of each pair (5)')
    p.add_argument('--json', metavar='FILE', help='write the figures to FILE too (- for standard output)')
    p.add_argument('--list', action='store_true', help='names of the goals')
    a = p.parse_args()
    goals = [g for g in GOALS if not a.only or any(o in g[0] for o in a.only)]
    if a.list or not goals:
        print('\n'.join(g[0] for g in (GOALS if a.list else [])) or 'no goal of that name (--list)')
        return 0 if a.list else 2
    bench, results = Bench(a.build.resolve(), a.quick), []
    try:
        bench.compile_all()
        bench.make_file()
    except Failure as e:
        sys.exit(f'bench: {e}')
    print(f'{os.uname().release}, {len(bench.cpus)} processors, load {os.getloadavg()[0]:.1f}; cpu is us per '
          'operation, ours/raw; PASS+ reaches the stretch ratio')
    print(ROW.format('goal', 'ours', 'raw', 'ratio', 'needed', 'stretch', 'cpu', ''))
    for goal in goals:
        try:
            result = measure(bench, goal, a.rounds or (1 if a.quick else 5))
            print_row(goal, result)
        except (Failure, subprocess.TimeoutExpired, KeyError) as e:
            result = {'name': goal[0], 'verdict': 'FAILED', 'why': str(e)}
            print(f'{goal[1]:54} FAILED: {e}', flush=True)
        results.append(result)
    met = sum(r['verdict'].startswith('PASS') for r in results)
    low = sum(r['verdict'] in ('below', 'FAILED') for r in results)
    print(f'{met} goals met, {low} not met; load at the end {os.getloadavg()[0]:.1f}')
    if a.json == '-':
        print(json.dumps(results, indent=1))
    elif a.json:
        pathlib.Path(a.json).write_text(json.dumps(results, indent=1) + '\n')
    return 1 if any(r['verdict'] == 'FAILED' for r in results) else 0


if __name__ == '__main__':
    sys.exit(main())
