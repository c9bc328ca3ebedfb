#!/usr/bin/env python3
"""Mechanical mutants of the toolkit's parts, each given to the part's own test.

Each statement that waits, cancels, releases, wakes, counts or assigns is deleted in turn; each check of a bound is made
always true, always false, and moved by one. A mutant is

    found        the part's test fails, does not end within its time, or crashes
    missed       it passes
    equivalent   it passes, and equivalent.txt says why it may

What does not compile is not counted. Exits with 1 when less than 90 % of a part's mutants that are not equivalent are
found, or when equivalent.txt names one that is found or that there is not.
"""
import argparse
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from workshop import Workshop, run, toolkit_of  # noqa: E402

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument('root', metavar='SOURCE-ROOT', type=lambda a: pathlib.Path(a).resolve())
parser.add_argument('build', metavar='BUILD-ROOT', type=lambda a: pathlib.Path(a).resolve())
parser.add_argument('parts', metavar='PART', nargs='*')
parser.add_argument('--list', action='store_true')
parser.add_argument('--jobs', metavar='N', type=int, default=os.cpu_count())
arguments = parser.parse_args()
root = arguments.root
toolkit = toolkit_of(root)

# What the parts are made of has no test of its own.
TESTED_BY = {'child': 'timeout', 'delays': 'retry', 'outcome': 'together', 'read_ahead': 'stream', 'wait_list': 'semaphore'}

CALL = r'[\w.\->:\[\]*]+(\((?:[^()]|\([^()]*\))*\))?(?:(?:\.|->)\w+(\((?:[^()]|\([^()]*\))*\))?)*'
STATEMENTS = re.compile(rf'''^(?:
      (?:\+\+|--){CALL}
    | {CALL}(?:\+\+|--)
    | {CALL}\s(?:=|\+=|-=|\|=|\^=)\s.*
    | co_await\b.*
    | (?:{CALL}\s*=\s*)?[\w.\->:*\[\]]+\(.*\)
    | const\s(?:permit|counted|leave|[\w:]+)\s\w+(?:\(.*\)|\{{.*\}}|\s=\sco_await.*)
    | break
    )$''', re.VERBOSE | re.DOTALL)


def without_comments(text):
    """The same length, so that places are those of the file."""
    return re.sub(r'//[^\n]*|"(?:[^"\\\n]|\\.)*"|^#[^\n]*', lambda m: ' ' * len(m[0]), text, flags=re.MULTILINE)


def statements(code):
    """Places of what stands between two ends of statements, on one level of parentheses and braces."""
    starts = [0]
    for at, letter in enumerate(code):
        if letter in '({':
            starts.append(at + 1)
        elif letter in ')}':
            starts.pop()
            if letter == '}':
                starts[-1] = at + 1
        elif letter == ';':
            yield starts[-1], at
            starts[-1] = at + 1
        elif letter == ':' and code[at - 1] != ':' and code[at + 1] != ':' and re.search(
                r'\b(public|private|default|case [\w:]+)\s*$', code[starts[-1]:at]):
            starts[-1] = at + 1


def matching(code, opening):
    depth = 0
    for at in range(opening, len(code)):
        depth += (code[at] == '(') - (code[at] == ')')
        if depth == 0:
            return at
    return None


def mutants(text):
    code = without_comments(text)
    for start, end in statements(code):
        # The body of an if, an else or a loop without braces is a statement too.
        begin = start + len(code[start:end]) - len(code[start:end].lstrip())
        while True:
            head = re.match(r'(?:if(?: constexpr)?|while|for)\s*\(', code[begin:end])
            if head:
                close = matching(code, begin + head.end() - 1)
                if close is None or close > end:
                    break
                begin = close + 1
            elif re.match(r'else\b', code[begin:end]):
                begin += 4
            else:
                break
            begin += len(code[begin:end]) - len(code[begin:end].lstrip())
        statement = code[begin:end]
        if STATEMENTS.match(statement.strip()) and 'delete' not in statement and '= default' not in statement:
            yield begin, end, '', statement
        if statement.startswith('throw '):
            yield begin, end, '', statement
    for found in re.finditer(r'\b(if|while)\s*\(', code):
        close = matching(code, found.end() - 1)
        condition = code[found.end():close]
        if ';' in condition or re.match(r'(const|auto|std::optional\S*) ', condition):
            continue
        yield found.end(), close, f'false && ({text[found.end():close]})', f'{found[1]} ({condition})'
        if found[1] == 'if':
            yield found.end(), close, f'true || ({text[found.end():close]})', f'if ({condition})'
    for found in re.finditer(r' (<|<=|>|>=|&&|\|\|) ', code):
        other = {'<': '<=', '<=': '<', '>': '>=', '>=': '>', '&&': '||', '||': '&&'}[found[1]]
        line = text[text.rfind('\n', 0, found.start()) + 1:text.find('\n', found.end())]
        if 'template' not in line:
            yield found.start(1), found.end(1), other, line.strip()


def named(header, text, mutant):
    begin, end, instead, what = mutant
    line = text.count('\n', 0, begin) + 1
    return line, f'{header}: {" ".join(what.split())} -> {" ".join(instead.split()) or "deleted"}'


def judge(workshop, test, header, text, number, limit):
    """None if it does not compile; else whether the part's test fails, or takes longer than the limit."""
    program = workshop.build(test, {header: text}, number)
    if program is None:
        return None
    try:
        return run([program, '--abort'], timeout=limit, cwd=program.parent).returncode != 0
    except subprocess.TimeoutExpired:
        return True
    finally:
        shutil.rmtree(program.parent)


def main():
    equivalent = {}
    for line in (root / 'selftest/toolkit/equivalent.txt').read_text().splitlines():
        if line and not line.startswith('#'):
            mutant, why = line.split('  because ')
            equivalent[mutant.strip()] = why
    parts = arguments.parts or sorted({p.stem for p in (toolkit / 'test').glob('*.cpp')} | TESTED_BY.keys())
    wrong = False
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        workshop = None if arguments.list else Workshop(root, arguments.build, pathlib.Path(folder))
        for part in parts:
            header = f'{part}.hpp'
            test = TESTED_BY.get(part, part)
            text = (toolkit / header).read_text()
            made = [(named(header, text, m), text[:m[0]] + m[2] + text[m[1]:]) for m in mutants(text)]
            if arguments.list:
                for (line, name), _ in made:
                    print(f'{line:4} {name}')
                continue
            begin = time.monotonic()
            if judge(workshop, test, header, text, 'itself', 600) is not False:
                sys.exit(f'{part}: its test fails without a mutation')
            limit = 30 + 3 * (time.monotonic() - begin)
            results = list(pool.map(lambda m: judge(workshop, test, header, m[1][1], m[0], limit), enumerate(made)))
            found = missed = excused = 0
            for ((line, name), _), failed in zip(made, results):
                if failed is None:
                    continue
                known = equivalent.pop(name, None)
                if failed and known:
                    print(f'  {header}:{line}: equivalent.txt names it, and it is found: {name}')
                    wrong = True
                found += failed
                excused += not failed and known is not None
                if not failed and not known:
                    missed += 1
                    print(f'  missed, line {line}: {name}')
            share = 100 * found / max(1, found + missed)
            wrong = wrong or share < 90
            print(f'{part}: {found} found, {missed} missed, {excused} equivalent: {share:.0f} %', flush=True)
            for name in [n for n in equivalent if n.startswith(header + ':')]:
                print(f'  equivalent.txt names what there is not: {name}')
                wrong = True
    return wrong


if __name__ == '__main__':
    sys.exit(main())
