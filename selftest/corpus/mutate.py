#!/usr/bin/env python3
"""Mechanical mutants of the corpus's fixed twins: each lock, unlock, cancel, notification, strand and check deleted in turn.

mutate.py SOURCE-ROOT BUILD-ROOT [PROGRAM-HEADER...]

Each mutant is compiled and its fixed programs explored: first 2,000 schedules of the default strategy, then, where none
fails, all of them as far as 20,000 go. It is

    found        some schedule fails
    equivalent   all schedules (up to the order of independent steps) were run, and none fails
    missed       none of those that were run fails, and there are more

A missed mutant may be equivalent too: look at it.
"""
import pathlib
import re
import subprocess
import sys
import tempfile

root = pathlib.Path(sys.argv[1]).resolve()
build = pathlib.Path(sys.argv[2]).resolve()
corpus = root / 'selftest/corpus'
only = sys.argv[3:]

# What is deleted, and what is put in its place.
mutations = [
    (r'co_await [\w.\[\]<>():]*\.lock\(\);', ';'),
    (r'[\w.\[\]<>():]*\bunlock\(\);', ';'),
    (r'[\w.\->]*\bcancel\(\);', ';'),
    (r'(\w+ = )?[\w.\->]*\bnotify_(one|all)\(\);', ';'),
    (r'asio::make_strand\(on\)', 'on'),
    (r'while \((?!true)[^;{]*\)$', 'if (false)'),
    (r'\bstopping_? = true;', ';'),
    (r' && self->in_use_\b', ' && false'),
    (r'self->granted : ', 'true : '),
    (r'\|\| std::get<0>\(first\) == id', '|| true'),
    (r'== variant::fixed && !\*alive', '== variant::fixed && false'),
    (r'sessions\.back\(\)\.open = false;', ';'),
    (r'finish_if_done\(\);', ';'),
]
flags = ['-std=c++20', '-O0', '-DBOOST_ASIO_SEPARATE_COMPILATION',
         '-DBOOST_ASIO_CUSTOM_HANDLER_TRACKING=<detent/asio/tracking.hpp>', '-include', 'detent/asio/prelude.hpp',
         *(f'-I{root}/{p}' for p in ('harness/include', 'adapters/asio/include', 'adapters/clocks/include', 'adapters/threads/include', 'adapters/sockets/include'))]


def compile_to(target, source, *include):
    return subprocess.run(['g++', *flags, *(f'-I{i}' for i in include), '-c', str(source), '-o', str(target)],
                          capture_output=True, text=True).returncode == 0


def main():
    counts = {'found': 0, 'equivalent': 0, 'missed': 0}
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        fixed = [work / 'port.o', work / 'judge.o']
        assert compile_to(fixed[0], root / 'adapters/asio/src/port.cpp')
        assert compile_to(fixed[1], corpus / 'judge.cpp', corpus)
        for header in sorted(corpus.glob('*.hpp')):
            if header.name in ('corpus.hpp',) or (only and header.name not in only):
                continue
            text = header.read_text()
            places = sorted({(m.start(), m.end(), m.expand(new)) for old, new in mutations
                             for m in re.finditer(old, text, re.MULTILINE)})
            for start, end, new in places:
                for path in corpus.glob('*.[hc]pp'):
                    (work / path.name).write_text(path.read_text())
                (work / header.name).write_text(text[:start] + new + text[end:])
                line = text.count('\n', 0, start) + 1
                name = f'{header.name}:{line}: {text[start:end]}'
                if not compile_to(work / 'mutant.o', work / 'corpus.cpp', work):
                    print(f'not compiled  {name}')
                    continue
                subprocess.run(['g++', str(work / 'mutant.o'), *map(str, fixed), str(build / 'harness/libdetent.a'),
                                '-o', str(work / 'judge')], check=True)
                judged = subprocess.run([str(work / 'judge'), header.stem], capture_output=True, text=True).stdout.split()
                counts[judged[0]] += 1
                print(f'{judged[0]:12}  {name}   {" ".join(judged[1:])}', flush=True)
    print(', '.join(f'{count} {what}' for what, count in counts.items()))


main()
