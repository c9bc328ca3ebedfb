#!/usr/bin/env python3
"""Mechanical mutants of the toolkit's parts, each given to the part's own test.

Each statement that waits, cancels, releases, wakes, counts or assigns is deleted in turn; each check of a bound is made
always true, always false, and moved by one. A mutant is

    found        the part's test fails, does not end within its time, or crashes
    missed       it passes
    equivalent   it passes, and equivalent.txt says why it may

All mutants of a part are compiled at once, and the environment says which of them is on; those that cannot be written
as a branch (a declaration, a constant) are compiled one by one. What does not compile is not counted. Exits with 1 when less than 90 % of a part's mutants that are not equivalent are
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


def extent(code, at):
    """The expression around an operator: up to the parentheses, commas and so on that enclose it."""
    ends = re.compile(r'[;,?{}]|(?<![:\w]):(?!:)|(?<![=!<>+\-*/|&^])=(?!=)|\b(?:co_)?return\b')
    begin = end = at
    depth = 0
    while begin > 0 and depth >= 0 and not (depth == 0 and ends.match(code, begin - 1)):
        begin -= 1
        depth += (code[begin] in ')]') - (code[begin] in '([')
        if depth < 0:
            begin += 1
        elif depth == 0 and (word := re.compile(r'(?:co_)?return\b').match(code, begin)):
            begin = word.end()
            break
    depth = 0
    while end < len(code) and not (depth == 0 and (code[end] in ')]' or ends.match(code, end))):
        depth += (code[end] in '([') - (code[end] in ')]')
        end += 1
    return begin, end


def branch(text, code, number, mutant):
    """What goes before and after a place so that the mutant is on when its number is, or None."""
    begin, end, instead, what = mutant
    on = f'mutation::on({number})'
    if instead in ('<', '<=', '>', '>='):
        # An operator of our own between the operands binds as the one that was there.
        return begin, end, f'< mutation::order{{"{text[begin:end]}", "{instead}", {number}}} >', None
    if instead in ('&&', '||'):
        first, last = extent(code, begin)
        if 'co_await' in text[first:last]:
            return None
        other = re.sub(r'//[^\n]*', '', text[first:begin] + instead + text[end:last])
        return first, last, f' ({on} ? ({" ".join(other.split())}) : (', '))' # on one line: the others stay theirs
    if instead.startswith('false'):
        return begin, end, f'!{on} && (', ')'
    if instead.startswith('true'):
        return begin, end, f'{on} || (', ')'
    return None if what.startswith('const ') else (begin, end, f'if ({on}) ; else ', '')


def all_in_one(text, chosen):
    """The header with a branch for each of the mutants, and where it begins, by number, for those that have one."""
    code = without_comments(text)
    edits, have = [], {}
    for number, mutant in chosen:
        made = branch(text, code, number, mutant)
        if not made:
            continue
        begin, end, before, after = made
        have[number] = begin
        if after is None:
            edits.append((begin, 1, 0, before, end - begin))
        else:
            edits.append((begin, 2, -end, before, 0))
            edits.append((end, 0, -begin, after, 0))
    pieces, at = [], 0
    # What ends at a place goes before what begins there; of two that begin there, the longer one first.
    for place, _, _, words, skipped in sorted(edits):
        pieces += [text[at:place], words]
        at = place + skipped
    return ''.join(pieces) + text[at:], have


def fails(program, limit, number=-1):
    """Whether the part's test fails, crashes, or takes longer than the limit."""
    with tempfile.TemporaryDirectory(dir=program.parent) as own:
        try:
            return run([program, '--abort'], timeout=limit, cwd=own,
                       env=os.environ | {'MUTANT': str(number)}).returncode != 0
        except subprocess.TimeoutExpired:
            return True


def judge(workshop, pool, part, header, text, made):
    """For each mutant: whether it is found, or None if it does not compile."""
    chosen = list(enumerate(made))
    while True:
        together, have = all_in_one(text, chosen)
        program, errors = workshop.build(part, {header: together}, 'together')
        if program:
            break
        # Those on the lines that the compiler complains of are compiled by themselves.
        lines = {int(n) for n in re.findall(rf'{re.escape(header)}:(\d+):\d+: (?:error|  required)', errors)}
        kept = [(n, m) for n, m in chosen if n in have and text.count('\n', 0, have[n]) + 1 not in lines]
        chosen = kept if len(kept) < len(have) else []
    begin = time.monotonic()
    if fails(program, 600):
        sys.exit(f'{part}: its test fails without a mutation')
    limit = 30 + 5 * (time.monotonic() - begin)

    def one(number):
        if number in have:
            return fails(program, limit, number)
        m = made[number]
        alone, _ = workshop.build(part, {header: text[:m[0]] + m[2] + text[m[1]:]}, number)
        if alone is None:
            return None
        result = fails(alone, limit)
        shutil.rmtree(alone.parent)
        return result

    results = list(pool.map(one, range(len(made))))
    shutil.rmtree(program.parent)
    return results


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
            made = list(mutants(text))
            names = [named(header, text, m) for m in made]
            if arguments.list:
                for line, name in names:
                    print(f'{line:4} {name}')
                continue
            results = judge(workshop, pool, test, header, text, made)
            found = missed = excused = 0
            for (line, name), failed in zip(names, results):
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
