"""Builds the test of a part of the toolkit against changed headers."""
import os
import pathlib
import shutil
import subprocess
import sys

# What mutants are made of: mutate.py.
MUTATION = r'''
#include <cstdlib>
#include <string_view>
namespace mutation {
inline const int chosen = std::getenv("MUTANT") ? std::atoi(std::getenv("MUTANT")) : -1;
inline bool on(int number) { return number == chosen; }
struct order { std::string_view own, mutated; int number; };
template <class A> struct half { const A& a; order how; };
template <class A> half<A> operator<(const A& a, order how) { return {a, how}; }
template <class A, class B> bool operator>(half<A> left, const B& b)
{
  const std::string_view how = on(left.how.number) ? left.how.mutated : left.how.own;
  return how == "<" ? left.a < b : how == "<=" ? left.a <= b : how == ">" ? left.a > b : left.a >= b;
}
}
'''

COMPILER = os.environ.get('CXX', 'c++')


def toolkit_of(root):
    return root / 'examples/toolkit'


def run(command, **more):
    return subprocess.run([str(c) for c in command], capture_output=True, text=True, errors='replace', **more)


class Workshop:
    def __init__(self, root, build, folder):
        self.toolkit, self.folder, self.engine = toolkit_of(root), folder, build / 'harness/libdetent.a'
        includes = [root / p for p in ('harness/include', 'adapters/asio/include', 'adapters/clocks/include',
                                       'adapters/threads/include', 'adapters/sockets/include', 'adapters/catch2/include')] + [self.toolkit / 'test']
        self.flags = ['-std=c++20', '-O0', '-g1', '-w', '-DBOOST_ASIO_SEPARATE_COMPILATION',
                      '-DBOOST_ASIO_CUSTOM_HANDLER_TRACKING=<detent/asio/tracking.hpp>', *(f'-I{i}' for i in includes)]
        (folder / 'all.hpp').write_text('#include "detent/asio/prelude.hpp"\n#include <detent/catch2.hpp>\n'
                                        '#include <boost/asio.hpp>\n#include <map>\n#include <random>\n' + MUTATION)
        self.check(run([COMPILER, *self.flags, '-x', 'c++-header', folder / 'all.hpp', '-o', folder / 'all.hpp.gch']))
        catch = root / 'adapters/catch2/src'
        self.objects = []
        for source in (root / 'adapters/asio/src/port.cpp', catch / 'explore.cpp', catch / 'main.cpp'):
            made = folder / (source.stem + '.o')
            self.check(run([COMPILER, *self.flags, '-include', 'detent/asio/prelude.hpp', '-c', source, '-o', made]))
            self.objects.append(made)

    @staticmethod
    def check(done):
        if done.returncode != 0:
            sys.exit(done.stderr[-2000:])

    def build(self, part, changed, name):
        """The program, in a folder of its own, or None if it does not compile; and what the compiler says."""
        own = self.folder / f'{part}-{name}'
        shutil.copytree(self.toolkit, own / 'toolkit', ignore=shutil.ignore_patterns('test', 'smoke'))
        for header, text in changed.items():
            (own / 'toolkit' / header).write_text(text)
        made = run([COMPILER, *self.flags, '-include', self.folder / 'all.hpp', '-I', own,
                    self.toolkit / 'test' / f'{part}.cpp', '-c', '-o', own / 'test.o'])
        if made.returncode != 0:
            shutil.rmtree(own)
            return None, made.stderr
        self.check(run([COMPILER, own / 'test.o', *self.objects, self.engine, '-o', own / 'test',
                        '-pthread', '-lboost_context', '-lbacktrace']))
        return own / 'test', made.stderr
