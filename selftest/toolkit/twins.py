#!/usr/bin/env python3
"""The toolkit's broken twins (twins.txt): each has to be found by its part's test, from every seed, with the right verdict.

Compiling them takes minutes: with --every 4 each fourth one is tried. With --table the figures are written to a file of docs/.
"""
import argparse
import concurrent.futures
import os
import pathlib
import re
import statistics
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from workshop import Workshop, run, toolkit_of  # noqa: E402

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument('root', metavar='SOURCE-ROOT', type=lambda a: pathlib.Path(a).resolve())
parser.add_argument('build', metavar='BUILD-ROOT', type=lambda a: pathlib.Path(a).resolve())
parser.add_argument('seeds', metavar='SEEDS', type=int)
parser.add_argument('names', metavar='TWIN', nargs='*')
parser.add_argument('--every', metavar='N', type=int, default=1)
parser.add_argument('--table', metavar='FILE', type=pathlib.Path)
arguments = parser.parse_args()
root, seeds = arguments.root, arguments.seeds


class Twin:
    def __init__(self, block):
        self.name, self.part, self.bug = re.match(r'twin (\w+) of (\w+): (.*)', block).groups()
        self.test = re.search(r'^test (.*)$', block, re.MULTILINE)[1]
        self.verdict, constraints = re.search(r'^fails (\w+)(?:, (\d+))?$', block, re.MULTILINE).groups()
        self.constraints = None if constraints is None else int(constraints)
        self.edits = re.findall(r'^---\n(.*?)^\+\+\+\n(.*?)^===$', block, re.MULTILINE | re.DOTALL)

    def text(self):
        text = (toolkit_of(root) / f'{self.part}.hpp').read_text()
        for old, new in self.edits:
            # A piece of a line stands there without its end.
            for a, b in ((old, new), (old[:-1], new[:-1])):
                if text.count(a) == 1:
                    text = text.replace(a, b)
                    break
            else:
                sys.exit(f'{self.name}: its text is not once in {self.part}.hpp:\n{old}')
        return text


def twins():
    text = (root / 'selftest/toolkit/twins.txt').read_text()
    return [Twin(block) for block in re.split(r'^(?=twin )', text, flags=re.MULTILINE)[1:]]


def hunt(program, twin, seed):
    """The report of the first failure, or None."""
    done = run([program, twin.test.replace(',', '\\,')], timeout=300,
               env={**os.environ, 'DETENT_SEED': str(seed), 'DETENT_SCHEDULES': '1000', 'DETENT_JOBS': '1'})
    return None if done.returncode == 0 else done.stderr + done.stdout


def judge(workshop, twin):
    program, _ = workshop.build(twin.part, {f'{twin.part}.hpp': twin.text()}, twin.name)
    if program is None:
        return twin, ['it does not compile'], [], []
    wrong, schedules, sizes = [], [], []
    for seed in range(1, seeds + 1):
        report = hunt(program, twin, seed)
        if report is None:
            wrong.append(f'seed {seed}: not found')
            continue
        verdict = re.search(r'^detent: ".*" failed: (\w+)', report, re.MULTILINE)
        found = re.search(r'found   by schedule (\d+)', report)
        # What is no exploration of Detent's fails as any test does.
        verdict, number = (verdict[1], int(found[1])) if verdict else ('assertion', 1)
        reasons = re.search(r'^  because (.*?)\n  (?:needs|shrunk|window)', report, re.MULTILINE | re.DOTALL)
        size = len(re.findall(r'comes before', reasons[1])) if reasons else 0
        schedules.append(number)
        sizes.append(size)
        if verdict != twin.verdict:
            wrong.append(f'seed {seed}: {verdict}, not {twin.verdict}')
        if twin.constraints is not None and size > twin.constraints:
            wrong.append(f'seed {seed}: shrunk to {size} orderings, not {twin.constraints}')
    return twin, wrong, schedules, sizes


def main():
    chosen = [t for t in twins() if not arguments.names or t.name in arguments.names][::arguments.every]
    failures, rows = 0, []
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        workshop = Workshop(root, arguments.build, pathlib.Path(folder))
        for twin, wrong, schedules, sizes in pool.map(lambda t: judge(workshop, t), chosen):
            failures += bool(wrong)
            figures = (f'median {statistics.median(schedules):.0f}, at most {max(schedules)} schedules, '
                       f'{min(sizes)} to {max(sizes)} orderings') if schedules else ''
            print(f'{"FAILED" if wrong else "found ":6} {twin.part}/{twin.name}: {figures}', *wrong[:5], sep='\n    ', flush=True)
            if schedules:
                rows.append(f'| `{twin.part}` | {twin.bug} | {twin.verdict} | {statistics.median(schedules):.0f}, '
                            f'{max(schedules)} | {statistics.median(sizes):.0f} |')
    if arguments.table:
        text = arguments.table.read_text()
        begin = text.index('|---|---|---|---|---|\n') + len('|---|---|---|---|---|\n')
        end = text.find('\n\n', begin)
        arguments.table.write_text(text[:begin] + '\n'.join(rows) + (text[end:] if end >= 0 else '\n'))
    print(f'{len(chosen) - failures} of {len(chosen)} twins found, {seeds} seeds each')
    return failures != 0


if __name__ == '__main__':
    sys.exit(main())
