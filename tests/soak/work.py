# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What the soak puts sluiced through: each worker does one thing again and again.

A worker counts what it did and keeps what went wrong; it runs in the namespace
of the balancer. `work.py file DIRECTORY` prints the file that sluiced begins with.
"""
import http.client
import itertools
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time

POOLS = ("web", "six", "plain", "tls", "names", "asked")
WAIT_S = 20		# for what is to happen; late is not judged here, never is


def file_text(directory, n):
    """The configuration, the n-th: rules, decap and an interval change."""
    four = "backends: [{address: 10.0.1.11}, {address: 10.0.1.12}, {address: 10.0.1.13}]"
    six = 'backends: [{address: "2001:db8:b::11"}, {address: "2001:db8:b::12"}, {address: "2001:db8:b::13"}]'
    timers = "timers: {settle_after: 4s, settle_max: 8s, udp_grace: 2s}"
    interval = "%dms" % (400 + n % 4 * 100)
    checks = {
        "web": "type: http, timeout: 400ms, rise: 2, fall: 2",
        "six": "type: http, via: encap, timeout: 400ms",
        "plain": "type: tcp, port: 81",
        "tls": "type: https",
        "names": "type: dns, name: soak.example",
        "asked": "type: script, file: %s/check" % directory,
    }
    lines = ["sluice: 1", "seed: soak", "interfaces: {lb0: {}}",
             "sets: {bans: {}, lists: {}, fixed: {prefixes: [203.0.113.%d]}}" % (n % 250),
             "filter: {rules: [{name: banned, from: bans, action: drop}, {name: from%d, from: fixed, action: count}]}" % n,
             "pools:"]
    for name in POOLS:
        lines.append("  %s: {slots: 1024, %s, check: {%s, interval: %s}, %s}"
                     % (name, timers, checks[name], interval, six if name == "six" else four))
    lines.append("services:")
    for port, name in enumerate(POOLS, 80):
        lines.append('  %s: {addresses: [192.0.2.80, "2001:db8:80::80"], tcp: [%d], pool: %s}' % (name, port, name))
    if n % 3 == 2:
        lines.append("decap: {addresses: [10.0.1.200], from: [10.0.1.201]}")
    lines.append("daemon: {announce: {bird: {include: %s/routes.conf, control: %s/bird/bird.ctl}}}" % (directory, directory))
    return "\n".join(lines) + "\n"


class Failed(Exception):
    pass


def run(*words, stdin=None):
    """The command's standard output; what it says when it ends otherwise than by 0 is a failure."""
    done = subprocess.run(words, input=stdin, capture_output=True, text=True)
    if done.returncode:
        raise Failed("%s: ended with %d: %s" % (" ".join(words)[:200], done.returncode, (done.stderr or done.stdout)[:300]))
    return done.stdout


def asked(*words):
    return json.loads(run("sluice", "-j", *words))


def wait_for(what, happened):
    end = time.monotonic() + WAIT_S
    while not happened():
        if time.monotonic() > end:
            raise Failed("%s: not within %d s" % (what, WAIT_S))
        time.sleep(0.1)


class Worker(threading.Thread):
    """do() is called until the end, with `pause` seconds between."""
    pause = 0.3

    def __init__(self, soak):
        super().__init__(daemon=True)
        self.soak, self.count, self.failures = soak, 0, []

    def run(self):
        for n in itertools.count():
            try:
                self.do(n)
            except (Failed, OSError, ValueError, KeyError, http.client.HTTPException) as why:
                self.failures.append("%s: %s" % (type(self).__name__.lower(), why))
            if self.soak.over.wait(self.pause):
                return


def backend(pool, address):
    return next((b for b in asked("backend", "list", pool)["backends"] if b["address"] == address), None)


class Changes(Worker):
    """Of pools, rules and services, by the command; every tenth is another file by SIGHUP."""
    pause = 0.4

    def weight(self, n):
        run("sluice", "backend", "set", "web", "10.0.1.11", "--weight", str(50 + n % 100))
        if backend("web", "10.0.1.11")["weight"] != 50 + n % 100:
            raise Failed("a weight is not what was set")

    def drain(self, n):
        run("sluice", "backend", "drain", "web", "10.0.1.12")

    def enable(self, n):
        run("sluice", "backend", "enable", "web", "10.0.1.12")

    def add(self, n):
        run("sluice", "backend", "add", "web", "10.0.1.14")

    def delete(self, n):
        run("sluice", "backend", "del", "web", "10.0.1.14", *(["--now"] if n % 20 < 10 else []))

    def rule(self, n):
        run("sluice", "rule", "add", "name", "live%d" % n, "from", "bans", "proto", "udp", "drop")

    def unrule(self, n):
        run("sluice", "rule", "del", "live%d" % (n - 1))

    def service(self, n):
        run("sluice", "service", "add", "more", "--address", "192.0.2.81", "--tcp", str(1000 + n % 1000), "--pool", "web")

    def unservice(self, n):
        run("sluice", "service", "del", "more")

    def reload(self, n):
        text = file_text(self.soak.directory, n // 10)
        path = self.soak.directory + "/sluice.yaml"
        with open(path + ".new", "w") as out:
            out.write(text)
        os.rename(path + ".new", path)
        said = self.soak.logged("sluice.yaml: applied")
        os.kill(self.soak.parent, signal.SIGHUP)
        wait_for("SIGHUP", lambda: self.soak.logged("sluice.yaml: applied") > said)
        if "from%d" % (n // 10) not in run("sluice", "rule", "list"):
            raise Failed("SIGHUP: the rules are not the file's")

    steps = (weight, drain, enable, add, delete, rule, unrule, service, unservice, reload)

    def do(self, n):
        self.steps[n % len(self.steps)](self, n)
        self.count += 1


class Expiries(Worker):
    """Elements that live for some seconds, in a set and beside others that stay."""
    pause = 0.5

    def __init__(self, soak):
        super().__init__(soak)
        self.batches = []	# when the last of it ends, how many

    def do(self, n):
        seconds, many = random.randint(1, 4), random.randint(1, 200)
        prefixes = ["10.%d.%d.%d" % (50 + n % 100, n // 100 % 250, i) for i in range(many)]
        run("sluice", "set", "add", "bans", "--for", "%ds" % seconds, *prefixes)
        self.batches.append((time.monotonic() + seconds, many))
        if n % 7 == 0:
            first = "\n".join("2001:db8:%x:%x::/64" % (n & 0xffff, i) for i in range(500))
            run("sluice", "set", "load", "lists", "-", stdin=first)
        if n % 20 == 19:
            self.look()

    def look(self):
        """None of those is left in the truth whose time is over."""
        begun = time.monotonic()
        last = max(end for end, many in self.batches)
        if last > begun:
            time.sleep(last - begun)
        wait_for("expiry", lambda: asked("set", "verify")["elements"] <= 501)
        self.count += sum(many for end, many in self.batches)
        self.batches = []


class Scrapes(Worker):
    """The pages; every counter of metrics grows, or stays. Some readers are rude."""
    pause = 0.25
    others = ("/", "/status.json", "/healthz", "/readyz", "/page.js")

    def __init__(self, soak):
        super().__init__(soak)
        self.last, self.checks = {}, 0

    def get(self, path):
        to = http.client.HTTPConnection("127.0.0.1", 9464, timeout=10)
        try:
            to.request("GET", path)
            answer = to.getresponse()
            body = answer.read().decode()
        finally:
            to.close()
        if answer.status != 200 and path != "/page.js":
            raise Failed("%s: status %d" % (path, answer.status))
        self.count += 1
        return body

    def compare(self, now):
        """What the changes take away and bring again begins anew."""
        for name, value in now.items():
            if value < self.last.get(name, 0) and not re.search(r'10\.0\.1\.14|"more"', name):
                raise Failed("%s: went back from %s to %s" % (name, self.last[name], value))

    def do(self, n):
        lines = re.findall(r"^(\w+_total(?:\{.*\})?) (\S+)$", self.get("/metrics"), re.M)
        now = {name: float(value) for name, value in lines}
        try:
            self.compare(now)
        finally:
            self.last = now
        self.checks = int(sum(v for k, v in now.items() if k.startswith("sluice_check_probes_total")))
        self.get(self.others[n % len(self.others)])
        if n % 4 == 0:		# asks for much, and hangs up
            with socket.create_connection(("127.0.0.1", 9464)) as s:
                s.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n" * 8)


class Outages(Worker):
    """A backend's nginx is killed, or its cable pulled; it is known to be down, and up when it is back."""
    pause = 1
    of = "/run/sluice-lab/%s/backend3/" % os.environ.get("LAB")

    def stands(self, state):
        return lambda: backend("web", "10.0.1.13")["state"] == state

    def strike(self):
        with open(self.of + "nginx.pid") as pid:
            master = pid.read().strip()
        workers = subprocess.run(["pgrep", "-P", master], capture_output=True, text=True).stdout.split()
        for pid in (master, *workers):
            os.kill(int(pid), signal.SIGKILL)

    def revive(self):
        run("tools/lab", "in", "backend3", "nginx", "-c", self.of + "nginx.conf", "-e", self.of + "error.log", stdin="")

    def pull(self):
        run("tools/lab", "in", "router", "ip", "link", "set", "backend3", "down")

    def plug(self):
        run("tools/lab", "in", "router", "ip", "link", "set", "backend3", "up")

    def do(self, n):
        wait_for("a backend to be up", self.stands("up"))
        self.pull() if n % 2 else self.strike()
        try:
            wait_for("a backend to be down", self.stands("down"))
        finally:
            self.plug() if n % 2 else self.revive()
        wait_for("a backend to be up again", self.stands("up"))
        self.count += 1


class Events(Worker):
    """Of the network: routes and devices come and go."""

    def do(self, n):
        run("ip", "route", "add", "10.200.%d.0/24" % (n % 250), "via", "10.0.1.1")
        run("ip", "link", "add", "soak0", "type", "veth", "peer", "name", "soak1")
        run("ip", "route", "del", "10.200.%d.0/24" % (n % 250))
        run("ip", "link", "del", "soak0")
        self.count += 1


class Requests(Worker):
    """A client's, about 60 a second; those of an outage fail until it is noticed."""
    pause = 0

    def __init__(self, soak):
        super().__init__(soak)
        self.lost = 0

    def do(self, n):
        got = subprocess.run(["tools/lab", "in", "client1", "curl", "-s", "--rate", "60/s", "-m", "2", "-o", "/dev/null",
                              "-H", "Connection: close", "-w", "%{http_code}\n", "http://192.0.2.80/?[1-120]"],
                             capture_output=True, text=True).stdout.split()
        self.count += len(got)
        self.lost += len(got) - got.count("200")
        if not got.count("200"):
            raise Failed("no request is answered any more")


WORKERS = (Changes, Expiries, Scrapes, Outages, Events, Requests)

if __name__ == "__main__":
    sys.stdout.write(file_text(sys.argv[2], 0))
