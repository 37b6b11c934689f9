# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""The soak's judge: watch.py MINUTES PID DIRECTORY

Looks at the three processes of sluiced (PID) every second while the workers of
work.py are at it, prints a line a minute, and ends with 1 if what happened after
the first minute is not flat: a process that has 2 MiB more than it had in the first
minute, or in ten minutes never as few descriptors as then; or if a worker failed.

Probes are under way at most times, so a minute may well have no second with as few
descriptors as another; a descriptor that stays open is one more in all of them. A map that control looks into counts as resident for that moment: so of what is
resident the least of a minute is taken, of what is the process's own the most.
"""
import collections
import os
import re
import sys
import threading
import time

import work

ROLES = ("sluiced", "control", "health")
MORE_KIB = 2048
# what the log says though nobody made it happen
UNASKED = "(error|warning): (?!pool |[0-9a-f:.]+: withdrawn)"
MORE_FDS = 64		# at a time: of connections, probes, and maps that are looked into
QUIET = 10		# minutes in which there is a quiet moment


class Soak:
    def __init__(self, parent, directory):
        self.parent, self.directory = parent, directory
        self.over = threading.Event()

    def log(self):
        with open(self.directory + "/log") as log:
            return log.readlines()

    def logged(self, words):
        return sum(words in line for line in self.log())


def children_of(parent):
    with open("/proc/%d/task/%d/children" % (parent, parent)) as f:
        return [int(pid) for pid in f.read().split()]


def children(parent):
    """The processes by their roles. A job is called as its parent at first."""
    found = {}
    for pid in children_of(parent):
        try:
            with open("/proc/%d/comm" % pid) as comm:
                found[comm.read().strip().replace("sluiced-", "")] = pid
        except OSError:
            pass	# a job that has just ended
    return {**found, "sluiced": parent}


class Sample:
    """Of one process: KiB resident and its own; descriptors, of maps too; mappings."""

    def __init__(self, pid):
        with open("/proc/%d/smaps_rollup" % pid) as f:
            kib = {line.split(":")[0]: int(line.split()[1]) for line in f if line.endswith(" kB\n")}
        self.rss, self.own = kib["Rss"], kib["Anonymous"]
        self.fds = self.bpf = 0
        for fd in os.scandir("/proc/%d/fd" % pid):
            self.fds += 1
            try:
                self.bpf += "bpf-map" in os.readlink(fd.path)
            except OSError:
                pass
        with open("/proc/%d/maps" % pid) as f:
            self.mappings = sum(1 for line in f)


class Minute:
    """The samples of one, by role."""

    def __init__(self):
        self.samples = {role: [] for role in ROLES}

    def most(self, role, what):
        return max(getattr(s, what) for s in self.samples[role])

    def least(self, role, what):
        return min(getattr(s, what) for s in self.samples[role])


def judge(first, last, number, wrong):
    """last: the minutes up to this one, QUIET at most."""
    now = last[-1]
    for role in ROLES:
        grown = max(now.least(role, "rss") - first.least(role, "rss"), now.most(role, "own") - first.most(role, "own"))
        if grown > MORE_KIB:
            wrong.append("minute %d: %s has %d KiB more than in the first minute, expected at most %d" % (number, role, grown, MORE_KIB))
        if now.most(role, "fds") > first.most(role, "fds") + MORE_FDS:
            wrong.append("minute %d: %s has %d descriptors, %d in the first minute" % (
                number, role, now.most(role, "fds"), first.most(role, "fds")))
        least = min(minute.least(role, "fds") for minute in last)
        if len(last) == QUIET and least > first.least(role, "fds"):
            wrong.append("minute %d: %s has %d descriptors at least, %d in the first minute" % (
                number, role, least, first.least(role, "fds")))


def head():
    print("KiB of each process: least resident / most of its own; least to most descriptors. Sums since the start.")
    print("minute  " + "".join("%-20s" % role for role in ROLES) +
          "maps  mappings  changes scrapes expiries outages  checks events requests (lost)", flush=True)


def row(number, now, workers):
    cells = ["%-20s" % ("%d/%d %d-%d" % (now.least(r, "rss"), now.most(r, "own"), now.least(r, "fds"), now.most(r, "fds")))
             for r in ROLES]
    w = {type(worker).__name__: worker for worker in workers}
    print("%6d  %s%4d  %8d  %7d %7d %8d %7d %7d %6d %8d (%d)" % (
        number, "".join(cells), now.least("control", "bpf"), now.least("control", "mappings"),
        w["Changes"].count, w["Scrapes"].count, w["Expiries"].count, w["Outages"].count, w["Scrapes"].checks,
        w["Events"].count, w["Requests"].count, w["Requests"].lost), flush=True)


def watch(soak, minutes, workers, wrong):
    """Half of the first minute is for the start."""
    begun, last, pids = time.monotonic(), collections.deque(maxlen=QUIET), children(soak.parent)
    first = None
    for number in range(1, minutes + 1):
        now = Minute()
        while time.monotonic() < begun + 60 * number:
            time.sleep(1)
            if number > 1 or time.monotonic() > begun + 30:
                for role in ROLES:
                    now.samples[role].append(Sample(pids[role]))
        row(number, now, workers)
        first = first or now
        last.append(now)
        judge(first, last, number, wrong)
    if not {pids[r] for r in ROLES} <= set(children_of(soak.parent)) | {soak.parent}:
        wrong.append("a process was replaced")


def main():
    minutes, parent, directory = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    soak, wrong = Soak(parent, directory), []
    workers = [kind(soak) for kind in work.WORKERS]
    head()
    for worker in workers:
        worker.start()
    try:
        watch(soak, minutes, workers, wrong)
    except (OSError, KeyError) as why:
        wrong.append("a process is gone: %s" % why)
    soak.over.set()
    for worker in workers:
        worker.join(60)
        wrong += worker.failures
        if not worker.count:
            wrong.append("%s: nothing was done" % type(worker).__name__.lower())
    wrong += ["log: " + line.strip() for line in soak.log() if re.search(UNASKED, line)]
    for what in wrong[:50]:
        print(what)
    print("%d went wrong" % len(wrong) if wrong else "flat, and all was done")
    return 1 if wrong else 0


sys.exit(main())
