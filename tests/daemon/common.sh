# shellcheck shell=bash disable=SC2034
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What the tests of the daemon share; source it first. An instance of its own,
# in a network namespace of its own: a0 ---- a1, a0 carries the program.
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 2
# shellcheck source=tests/tap.sh
. tests/tap.sh
BUILD=$(realpath "${BUILD:-build}")
INSTANCE=dtest$$ NS=dtest-$$
TMP=$(mktemp -d)
LOG=$TMP/log DAEMON=
chmod 755 "$TMP"	# health's scripts are here
export PATH=$PATH:/usr/sbin:/sbin
unset SLUICE_INSTANCE NOTIFY_SOCKET
: >"$LOG"

finish_common() {
	daemon_stop
	[ "$(type -t finish)" != function ] || finish
	if [ -e "/run/netns/$NS" ]; then
		s detach --all --purge >/dev/null 2>&1
		ip netns del "$NS"
	fi
	rm -rf "$TMP" "/run/sluice/.$INSTANCE.sluiced"
}
trap finish_common EXIT
trap 'exit 1' INT TERM HUP

inside() { nsenter --net="/run/netns/$NS" -- "$@"; }
s() { inside "$BUILD/sluice" -I "$INSTANCE" "$@"; }

# sluiced in the background, by the words in BY if there are any: $DAEMON
daemon() { # options
	nsenter --net="/run/netns/$NS" -- ${BY[@]+"${BY[@]}"} \
		"$BUILD/sluiced" -I "$INSTANCE" "$@" </dev/null >/dev/null 2>>"$LOG" &
	DAEMON=$!
}
daemon_stop() { # its exit status
	local pid=$DAEMON
	DAEMON=
	[ -n "$pid" ] || return 0
	kill "$pid" 2>/dev/null
	wait "$pid"
}
child() { pgrep -P "${DAEMON:-0}" -x "sluiced-$1"; } # role
logged() { grep -qE -- "$1" "$LOG"; }
logged_times() { [ "$(grep -cE -- "$2" "$LOG")" -ge "$1" ]; } # times, pattern
# started ROLE NOT: another process than NOT has that role
started() {
	local now
	now=$(child "$1") && [ -n "$now" ] && [ "$now" != "${2:-}" ]
}
all_run() { started control && started health; }
gone() { ! [ -e "/proc/$1" ]; }
# starts PROMISE [OPTION...]: it runs and is ready; not below `check`, whose shell
# would be the parent
starts() {
	local promise=$1 before
	shift
	before=$(grep -c 'ready for instance' "$LOG")
	daemon "$@"
	if until_true 10 logged_times $((before + 1)) 'ready for instance' &&
		until_true 5 all_run; then
		ok "$promise"
	else
		miss "$promise" "$(tail -n 5 "$LOG")"
	fi
}

if [ "$(id -u)" -ne 0 ]; then
	skip "the daemon" "needs root"
	plan
	exit 0
fi
if ! ip netns add "$NS" 2>/dev/null; then
	skip "the daemon" "no network namespaces here"
	plan
	exit 0
fi
inside ip link add a0 type veth peer name a1
inside ip link set a0 up
inside ip link set a1 up

# base: a file, with what is on stdin behind it
base() {
	cat <<'END'
sluice: 1
seed: fixed
interfaces: {a0: {}}
sets: {bans: {}}
END
	cat
}
