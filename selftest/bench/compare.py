#!/usr/bin/env python3
"""Runs two programs in turn and prints the ratio of their medians, one line a figure:

    bench NAME VALUE UNIT ratio R baseline WHAT

compare.py NAME UNIT ROUNDS BASELINE-NAME -- PROGRAM ARGS... -- BASELINE ARGS...

Each program prints one number. With UNIT "instructions" both run once under callgrind instead, for two
lengths (their last argument and twice that), so that start-up does not count.
"""
import os
import random
import re
import shutil
import statistics
import subprocess
import sys


extra = set()  # further figures, on the programs' stderr


def number(command, padding):
    # The size of the environment moves the stack, which alone changes a loop's time by a tenth and more.
    environment = dict(os.environ, BENCH_PADDING='x' * padding)
    run = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    extra.update(line for line in run.stderr.splitlines() if line.startswith('bench '))
    return float(run.stdout.split()[-1])


def instructions(command):
    def total(steps):
        run = ['valgrind', '--tool=callgrind', '--callgrind-out-file=/dev/null'] + command[:-1] + [str(steps)]
        errors = subprocess.run(run, check=True, capture_output=True, text=True).stderr
        return int(re.search(r'Collected : (\d+)', errors).group(1))
    steps = int(command[-1])
    # Each program repeats its steps; what it prints is per step, so the count is scaled by what doubling adds.
    return (total(2 * steps) - total(steps)) / steps


def main():
    name, unit, rounds, baseline_name = sys.argv[1:5]
    rest = sys.argv[6:]
    split = rest.index('--')
    program, baseline = rest[:split], rest[split + 1:]
    if unit == 'instructions':
        if not shutil.which('valgrind'):
            print(f'bench {name}: skipped, valgrind is not installed')
            return
        repeats = 101  # what step.cpp runs: one warm-up and 100 schedules
        value, base = instructions(program) / repeats, instructions(baseline) / repeats
    else:
        values, bases = [], []
        for _ in range(int(rounds)):
            padding = random.randrange(4096)
            values.append(number(program, padding))
            bases.append(number(baseline, padding))
        value, base = statistics.median(values), statistics.median(bases)
    for line in sorted(extra):
        print(line)
    print(f'bench {name} {value:.1f} {unit} ratio {value / base:.3f} baseline {baseline_name} {base:.1f}')


main()
