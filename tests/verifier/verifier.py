#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Each rule of the driver verifier against a driver that breaks it. usage: verifier.py PROGRAM RULES.def DOCUMENT DRIVER:SOURCE...

PROGRAM loads the driver, has it break a rule, and unloads it. The rule must be reported, with the driver's name and the function and line
of the driver's code, and no other; the process must end with the verifier's exit status. The clean run reports nothing. DRIVER:RULE:SOURCE
breaks that rule alone, by being loaded. DOCUMENT has a row for each rule.
"""
import os
import re
import subprocess
import sys

EXIT = 86
# Found by AddressSanitizer before the verifier's guards, where that is linked in.
SANITIZED = {'pool-overrun', 'pool-underrun', 'pool-use-after-free'}
# A second rule that such a fault breaks as well.
ALSO = {}
program, rules_path, document = sys.argv[1:4]
drivers = [argument.split(':') for argument in sys.argv[4:]]
number = failures = 0


def ok(good, what, detail=''):
    global number, failures
    number += 1
    failures += not good
    print(f'{"ok" if good else "not ok"} {number} - {what}')
    if not good:
        for line in detail.splitlines()[-12:]:
            print(f'# {line}')
    sys.stdout.flush()


def run(driver, rule, options='on,wait=1500'):
    environment = dict(os.environ, OVERLAPPED_VERIFIER=options)
    environment['ASAN_OPTIONS'] = environment.get('ASAN_OPTIONS', '') + ':detect_leaks=0'
    try:
        done = subprocess.run([program, driver, rule], capture_output=True, text=True, timeout=60, env=environment)
    except subprocess.TimeoutExpired as late:
        return -1, f'{late}'
    return done.returncode, done.stderr + done.stdout


def rules_of(source, only):
    if only:
        return only
    with open(source, encoding='utf-8') as f:
        return re.findall(r'^    \{"([a-z0-9/-]+)", \w+\},', f.read(), re.M)


def check_rule(driver, name, rule, source):
    status, output = run(driver, rule)
    base = rule.split('/')[0]
    if rule == 'clean':
        ok(status == 0 and 'verifier' not in output, f'{name}: what is allowed is not reported', f'exit {status}\n{output}')
        return
    if base in SANITIZED and 'AddressSanitizer' in output:
        ok(status != 0, f'{name}: {rule} is seen by AddressSanitizer', output)
        return
    reported = re.findall(r'^overlapped: verifier: (\S+): ([a-z-]+): (.*)$', output, re.M)
    found = [text for who, which, text in reported if which == base and who == name]
    others = {which for _, which, _ in reported} - {base} - ALSO.get(rule, set())
    ok(status == EXIT, f'{name}: {rule} ends with {EXIT}', f'exit {status}\n{output}')
    ok(bool(found) and not others, f'{name}: {rule} is reported, and nothing else', output)
    line = re.compile(rf'{name}\.so!\w+(\+0x[0-9a-f]+)? \({re.escape(source)}:\d+\)')
    ok(any(line.search(text) for text in found), f'{name}: {rule} names function and line', output)


def main():
    tested = set()
    for driver, *only, source in drivers:
        name = os.path.basename(driver).split('.')[0]
        for rule in rules_of(source, only):
            tested.add(rule.split('/')[0])
            check_rule(driver, name, rule, os.path.basename(source))
    driver = drivers[0][0]
    status, output = run(driver, 'pool-leak', 'log')
    ok(status == 0 and 'pool-leak' in output, 'log: the report leaves the exit status alone', output)
    status, output = run(driver, 'pool-leak', 'on,-pool-leak')
    ok(status == 0 and 'pool-leak' not in output, '-RULE: the rule is not reported', output)
    status, output = run(driver, 'pool-leak', 'off')
    ok(status == 0 and 'pool-leak' not in output, 'off: nothing is watched', output)
    status, output = run(driver, 'pool-leak', 'on,lowmen=3')
    ok(status == 2 and 'lowmen=3' in output, 'an option that is none is refused', output)
    status, output = run(driver, 'irp-double-complete', 'abort')
    ok(status == -6 and 'irp-double-complete' in output, 'abort: what stops leaves a core', output)
    with open(rules_path, encoding='utf-8') as f:
        known = set(re.findall(r'^RULE\("([a-z-]+)"', f.read(), re.M))
    missing = known - tested
    ok(not missing, 'each rule has a driver that breaks it', ' '.join(sorted(missing)))
    ok(not tested - known - {'clean'}, 'each broken rule is one', ' '.join(sorted(tested - known)))
    with open(document, encoding='utf-8') as f:
        rows = set(re.findall(r'^\| `([a-z-]+)` \|', f.read(), re.M))
    ok(known <= rows, f'{os.path.basename(document)} has a row for each rule', ' '.join(sorted(known - rows)))
    print(f'1..{number}')
    sys.exit(1 if failures else 0)


main()
