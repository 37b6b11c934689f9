# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Tab completion for sluice(8), which is asked itself what may stand there: a
# line each, "/" for names of files.
_sluice()
{
	local line=${COMP_LINE:0:COMP_POINT} word part mark answer
	local -a words

	read -ra words <<<"$line"
	[[ $line == *[[:space:]] ]] && words+=("")
	word=${words[-1]} part=${words[-1]}
	for mark in : =; do	# what stands before these stays, if bash breaks words there
		[[ $COMP_WORDBREAKS != *"$mark"* ]] || part=${part##*"$mark"}
	done
	COMPREPLY=()
	while IFS= read -r answer; do
		if [ "$answer" = / ]; then
			compopt -o filenames
			mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -f -- "$part")
		else
			COMPREPLY+=("${answer#"${word%"$part"}"}")
		fi
	done < <("${words[0]/#'~'/$HOME}" completion words -- "${words[@]:1}" 2>/dev/null)
}
complete -F _sluice sluice
