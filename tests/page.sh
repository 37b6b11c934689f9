# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# For tests of a page of doc/: its files and its commands, in its order. Source
# it with PAGE and PAGE_DIR set.
#
# A block of yaml or text begins with the name of its file. A line of sh ends
# with 0, one that says "# exit N" with N, and "# exit N: words" says these. A
# block of sh may begin with "# on HOST".

# block N: its language first, then its lines
block() {
	awk -v want="$1" '/^```[a-z]/ { if (++n == want) { inside = 1; print substr($0, 4); next } }
		/^```$/ { inside = 0 } inside' "$PAGE"
}
blocks=$(grep -c '^```[a-z]' "$PAGE")
language() { block "$1" | head -n 1; }

put_file() { # NUMBER: its name
	local name
	name=$(block "$1" | sed -n '2s/^[#;] //p')
	[[ $name == *.* ]] || return
	block "$1" | sed 1d >"$PAGE_DIR/$name"
	echo "$name"
}
# page_files COMMAND...: each file is right, as `COMMAND FILE` says
page_files() {
	local i name
	for ((i = 1; i <= blocks; i++)); do
		case $(language "$i") in
		yaml)
			name=$(put_file "$i")
			check "$name is right" "$@" "$PAGE_DIR/$name"
			;;
		text) check "a list has a name" put_file "$i" ;;
		esac
	done
}

# as_said TEXT STATUS ERRORS: did the command end as the page says?
as_said() {
	local want=0
	[[ $1 =~ '# exit '([0-9]+) ]] && want=${BASH_REMATCH[1]}
	[ "$2" -eq "$want" ] || { echo "ended with $2, expected $want"; return 1; }
	[[ $1 != *"# exit $want: "* ]] || grep -qF "${1##*"# exit $want: "}" "$3"
}
is_whole() { bash -n <<<"$1" 2>/dev/null; }
# page_commands RUN: calls `RUN HOST COMMAND` for each, HOST "" if none is named
page_commands() {
	local i text line host
	for ((i = 1; i <= blocks; i++)); do
		[ "$(language "$i")" = sh ] || continue
		host='' text=''
		while IFS= read -r line; do
			if [[ $line == '# on '* ]]; then
				host=${line#'# on '}
				continue
			fi
			text+=${text:+$'\n'}$line
			is_whole "$text" || continue
			"$1" "$host" "$text"
			text=''
		done < <(block "$i" | sed 1d)
	done
}
