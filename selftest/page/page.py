#!/usr/bin/env python3
"""The page of a failure in headless Chromium: page.py PROGRAM STEPS...

Opens the page of a run of so many steps, clicks steps, follows links, searches and looks at the failing window, as a
reader would. Prints how large each page is and how long it took to draw. Exits with 77, skipped, without a browser.
"""
import glob
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking',
         '--disable-component-update', '--disable-sync', '--window-size=1300,800']


class Browser:
    """Just enough of the WebDriver protocol."""

    def __init__(self, profile):
        with socket.socket() as s:
            s.bind(('127.0.0.1', 0))
            port = s.getsockname()[1]
        self.base = f'http://127.0.0.1:{port}'
        self.driver = subprocess.Popen(['chromedriver', f'--port={port}'], stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL)
        for _ in range(600):
            try:
                urllib.request.urlopen(self.base + '/status').read()
                break
            except OSError:
                time.sleep(0.05)
        options = {'args': FLAGS + [f'--user-data-dir={profile}']}
        made = self.ask('POST', '/session', {'capabilities': {'alwaysMatch': {
            'goog:chromeOptions': options, 'goog:loggingPrefs': {'browser': 'ALL'}}}})
        self.session = '/session/' + made['sessionId']

    def ask(self, method, path, body=None):
        request = urllib.request.Request(self.base + path, method=method,
                                         data=None if body is None else json.dumps(body).encode(),
                                         headers={'Content-Type': 'application/json'})
        return json.loads(urllib.request.urlopen(request, timeout=300).read())['value']

    def open(self, file):
        self.ask('POST', self.session + '/url', {'url': 'file://' + os.path.abspath(file)})

    def run(self, script):
        return self.ask('POST', self.session + '/execute/sync', {'script': script, 'args': []})

    def click(self, x, y):
        self.ask('POST', self.session + '/actions', {'actions': [{
            'type': 'pointer', 'id': 'mouse', 'actions': [
                {'type': 'pointerMove', 'x': round(x), 'y': round(y)},
                {'type': 'pointerDown', 'button': 0}, {'type': 'pointerUp', 'button': 0}]}]})

    def type(self, text):
        keys = [{'type': t, 'value': c} for c in text for t in ('keyDown', 'keyUp')]
        self.ask('POST', self.session + '/actions', {'actions': [{'type': 'key', 'id': 'keys', 'actions': keys}]})

    def complaints(self):
        return [e for e in self.ask('POST', self.session + '/se/log', {'type': 'browser'}) if e['level'] == 'SEVERE']

    def close(self):
        try:
            self.ask('DELETE', self.session)
        finally:
            self.driver.terminate()
            self.driver.wait()


def details(browser):
    return browser.run("return document.getElementById('details').innerText")


def expect(condition, what):
    if not condition:
        raise SystemExit(f'page.py: {what}')


def look_at(browser, file, steps, window):
    browser.open(file)
    ready = browser.run('return document.documentElement.dataset.ready')
    expect(ready is not None, f'the script of {file} did not come to its end: {browser.complaints()}')
    data = browser.run('return {steps: data.steps, columns: data.columns.map(c => [c[1], c[4].length]), tasks: data.tasks}')
    expect(data['steps'] >= steps, f'{data["steps"]} steps on the page')
    shown = browser.run("return document.getElementById('title').innerText + document.getElementById('message').innerText")
    expect('failed: assertion' in shown, f'the title says {shown!r}')

    # A click on a step shows what that step did, and a link there leads to the step that made it ready.
    owner = [task for task, _ in data['columns'] if task >= 0]
    for step in (2, data['steps'] // 2, data['steps'] - 1):
        browser.click(*browser.run(f'return positionOf({step})'))
        name = data['tasks'][owner[step - 1]]
        text = details(browser)
        expect(text.startswith(f'Step {step}, task {name}, at '), f'after a click on step {step}: {text!r}')
        expect(browser.run('return location.hash') == f'#step={step}', 'the address does not name the step')
    browser.run("document.querySelector('#details a').click()")
    expect(details(browser) != text, 'a link leads nowhere')

    # A picture has been drawn: the step is in the colour of steps, with an edge around it.
    colours = browser.run('''
      const [x, y] = positionOf(data.steps), frame = document.querySelector('canvas').getBoundingClientRect()
      const scale = devicePixelRatio
      const pixels = document.querySelector('canvas').getContext('2d')
        .getImageData((x - frame.left - 8) * scale, (y - frame.top - 16) * scale, 60, 40).data
      const seen = new Set()
      for (let i = 0; i < pixels.length; i += 4) seen.add([pixels[i], pixels[i + 1], pixels[i + 2]].join())
      return seen.size''')
    expect(colours >= 4, f'{colours} colours around the last step')

    # Search, by keyboard.
    browser.run("document.getElementById('search').focus()")
    browser.type(data['tasks'][owner[1]])
    found = browser.run("return document.getElementById('count').innerText")
    expect(found.endswith('steps') and int(found.split()[0]) >= 2, f'the search found {found!r}')
    browser.type('\ue007')
    first = details(browser)
    browser.type('\ue007')
    expect(details(browser) != first, 'Enter does not go on to the next step found')

    if window:
        browser.run("document.getElementById('window').click()")
        expect(details(browser).startswith(f'Step {window}, '), f'the failing window begins at: {details(browser)!r}')
    else:
        expect(browser.run("return document.getElementById('window').hidden"), 'there is a failing window, and should not')
    expect(browser.run("return performance.getEntriesByType('resource').length") == 0, 'the page loads something')
    complaints = browser.complaints()
    expect(not complaints, f'the browser complains: {complaints}')

    # How long a reader waits: for the page, and for one more drawing of it.
    drawn = browser.run('const began = performance.now(); for (let i = 0; i < 10; ++i) draw(); return (performance.now() - began) / 10')
    kilobytes = os.path.getsize(file) / 1000
    print(f'{data["steps"]} steps: {kilobytes:.0f} kB, ready after {ready} ms, {drawn:.1f} ms a drawing')
    return kilobytes


def main():
    if not shutil.which('chromedriver') or not shutil.which('chromium'):
        print('page.py: no chromium and chromedriver (Debian: chromium, chromium-driver); skipped')
        sys.exit(77)
    program, shrunk, *sizes = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        browser = Browser(os.path.join(folder, 'profile'))
        try:
            out = os.path.join(folder, 'out')
            environment = {**os.environ, 'DETENT_OUT': out}
            subprocess.run([shrunk], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
            page, = glob.glob(os.path.join(out, 'two-withdrawals-leave-the-right-balance-broken-*.html'))
            look_at(browser, page, 8, window=2)
            for steps in map(int, sizes):
                subprocess.run([program, str(steps)], env=environment, stdout=subprocess.DEVNULL, check=True)
                page, = glob.glob(os.path.join(out, f'page-of-{steps}-*.html'))
                kilobytes = look_at(browser, page, steps, window=None)
                expect(steps != 1000 or kilobytes < 1000, f'{kilobytes} kB for 1,000 steps')
        finally:
            browser.close()


main()
