# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What the tests of the command share; source it first.
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 2
# shellcheck source=tests/tap.sh
. tests/tap.sh
SLUICE=$PWD/${BUILD:-build}/sluice
INSTANCE=clitest$$
TMP=$(mktemp -d)
OUT=$TMP/out ERR=$TMP/err
unset SLUICE_INSTANCE
trap 'finish_common' EXIT
trap 'exit 1' INT TERM

finish_common() {
	[ "$(id -u)" -ne 0 ] ||
		"$SLUICE" -I "$INSTANCE" detach --all --purge >/dev/null 2>&1
	[ "$(type -t finish)" != function ] || finish
	rm -rf "$TMP"
}
# sluice on the test's own instance
s() { "$SLUICE" -I "$INSTANCE" "$@"; }
has_terminals() { script -qec true /dev/null >/dev/null 2>&1 </dev/null; }
# ends STATUS WORDS...: `sluice WORDS` ends so; keeps $OUT and $ERR
ends() {
	local want=$1 got
	shift
	s "$@" >"$OUT" 2>"$ERR" </dev/null
	got=$?
	[ $got -eq "$want" ] && return
	echo "sluice $*: ended with $got, expected $want"
	cat "$OUT" "$ERR"
	return 1
}
# exit_is STATUS WORDS...: a result for it
exit_is() {
	local want=$1
	shift
	check "exit $want: $*" ends "$want" "$@"
}
# says_error STATUS PATTERN WORDS...: ends so, one sentence on stderr alone
says_error() {
	local want=$1 pattern=$2
	shift 2
	ends "$want" "$@" || return
	[ -s "$OUT" ] && { echo "on stdout:"; cat "$OUT"; return 1; }
	grep -qE "^sluice: .*$pattern" "$ERR" && return
	echo "expected: $pattern"
	cat "$ERR"
	return 1
}
# json FILTER WORDS...: `sluice -j WORDS` ends with 0, the filter holds
json() {
	local filter=$1
	shift
	ends 0 -j "$@" && jq -e "$filter" "$OUT"
}
# every command that --help names, one a line
commands() {
	"$SLUICE" --help | awk '/^  [a-z]/ {
		line = $1
		for (i = 2; i <= NF && $i ~ /^[a-z]+$/ && i < 3; i++)
			line = line " " $i
		print line
	}' | while read -r noun verb; do
		# "status   what runs": a verb stands right after its noun
		if [ -n "$verb" ] && "$SLUICE" --help | grep -q "^  $noun $verb"; then
			echo "$noun $verb"
		else
			echo "$noun"
		fi
	done
}
need_root() {
	[ "$(id -u)" -eq 0 ] && return
	skip "the command on an instance" "needs root"
	plan
	exit 0
}
