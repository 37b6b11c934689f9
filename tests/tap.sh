# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# For tests in shell: source it, then call `check "promise" COMMAND...` (true:
# ok), or `ok`, `miss`, `skip` with the promise; end with `plan`.
tap_n=0 tap_bad=0
# whoever runs the tests may sit far away: no test shuts them out
export SSH_CONNECTION=
ok() { tap_n=$((tap_n + 1)); echo "ok $tap_n - $1"; }
miss() { # promise, what was seen instead
	tap_n=$((tap_n + 1)) tap_bad=$((tap_bad + 1))
	echo "not ok $tap_n - $1"
	[ -n "${2:-}" ] && printf '%s\n' "$2" | sed 's/^/# /'
	return 0
}
skip() { tap_n=$((tap_n + 1)); echo "ok $tap_n - $1 # SKIP $2"; }
check() {
	local promise=$1 out
	shift
	if out=$("$@" 2>&1); then ok "$promise"; else miss "$promise" "$out"; fi
}
equal() { # promise, want, got
	if [ "$2" = "$3" ]; then ok "$1"; else miss "$1" "want: $2"$'\n'"got:  $3"; fi
}
# until_true SECONDS COMMAND...: wait for a condition
until_true() {
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || return 1
		read -r -t 0.05 <> <(:) || true
	done
}
plan() { echo "1..$tap_n"; [ $tap_bad -eq 0 ]; }
