# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# One line of the product is broken at a time, in a copy of the tree, and a test
# must fail then: what no test notices is not tested. Source it after tap.sh.
build=${BUILD:-build}
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
declare -A sound=()

# With what is built, so that only what is broken is built again.
copy_tree() {
	cp -a Makefile bpf include tests tools user vendor "$tree"
	mkdir -p "$tree/$build"
	tar -C "$build" --exclude=./asan --exclude=./log -cf - . | tar -C "$tree/$build" -xf -
}

# The program is in one object only: the others do not change with it.
settle_objects() { # FILE
	make -s B="$build" "$build/sluice.skel.h" || return
	find "$build" -name '*.o' ! -name '*.bpf.o' -exec touch {} +
	grep -rlF --include='*.d' " $1" "$build" | sed 's/\.d$/.o/' | xargs -r rm -f
	rm -f "$build/lib/program.o"
}
build_test() { # TEST
	case $1 in
	*.test) make -s B="$build" "$build/sluice" ;;
	*) make -s B="$build" "$1" ;;
	esac
}
run_test() { # TEST, VAR=VALUE...
	env BUILD="$build" CMOCKA_MESSAGE_OUTPUT=TAP "${@:2}" timeout -k 10 200 "$1" </dev/null
}

# A test that fails anyway proves nothing.
is_sound() { # TEST, VAR=VALUE...
	if [ -z "${sound[$1]:-}" ]; then
		sound[$1]=no
		run_test "$@" >"$tree/said" 2>&1 && sound[$1]=yes
		grep -qE '# SKIP' "$tree/said" && sound[$1]=skip
	fi
	[ "${sound[$1]}" = yes ]
}

# notices TEST "what is broken" FILE SED-EXPRESSION [VAR=VALUE...]
notices() {
	local test=$1 promise="$2 is noticed by ${1##*/}" file=$3 change=$4 what=
	shift 4
	cd "$tree" || exit 2
	if ! build_test "$test" >said 2>&1; then
		what="it does not build as it is"
	elif ! is_sound "$test" "$@"; then
		[ "${sound[$test]}" != skip ] || { skip "$promise" "$test needs what is not here"; return; }
		what="the test fails as it is"
	else
		cp "$file" kept
		sed -i "$change" "$file"
		if cmp -s "$file" kept; then
			what="there is nothing to break: $file: $change"
		elif ! { settle_objects "$file" && build_test "$test"; } >said 2>&1; then
			what="it does not build"
		elif run_test "$test" "$@" >said 2>&1; then
			what="nothing was noticed: $file: $change"
		elif ! grep -q '^not ok' said; then
			what="it ended without a result"
		fi
		cp kept "$file"
		settle_objects "$file" >/dev/null 2>&1
	fi
	if [ -z "$what" ]; then ok "$promise"; else miss "$promise" "$what"$'\n'"$(tail -n 15 said)"; fi
}
