# shellcheck shell=bash disable=SC2034
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# For tests in the lab: source it from the repository's root. The lab is the
# test's own, and gone when it ends.
. tests/tap.sh
BUILD=$(realpath "${BUILD:-build}")
export BUILD LAB=net$$
vip=192.0.2.80 vip6=2001:db8:80::80
client1=198.51.100.11 client1_6=2001:db8:c::11
backends=(backend1 backend2 backend3 backend4)
temp=$(mktemp -d)
trap 'tools/lab down; rm -rf "$temp"' EXIT
trap 'exit 130' INT TERM HUP

at() { tools/lab in "$@"; }
sluice() { at balancer sluice "$@"; }
www() { echo "/run/sluice-lab/$LAB/$1/www"; }

lab_up() {
	tools/lab up && return
	miss "the lab is up"
	plan
	exit 1
}

# lb0, pools of IPv4 and of IPv6 backends; the rest of the file from stdin
base() {
	cat <<'END'
sluice: 1
seed: net
interfaces: {lb0: {}}
pools:
  four:
    backends: [{address: 10.0.1.11}, {address: 10.0.1.12}, {address: 10.0.1.13}]
  six:
    backends: [{address: "2001:db8:b::11"}, {address: "2001:db8:b::12"}, {address: "2001:db8:b::13"}]
services:
  four: {addresses: [192.0.2.80, "2001:db8:80::80"], tcp: [80], udp: [9000], pool: four}
  six: {addresses: [192.0.2.80, "2001:db8:80::80"], tcp: [81], udp: [9001], pool: six}
END
	cat
}
# configure NAME: the base and what is on stdin, applied
configure() {
	base >"$temp/$1.yaml"
	sluice apply "$temp/$1.yaml"
}

url() { # address, port
	case $1 in
	*:*) echo "http://[$1]:$2" ;;
	*) echo "http://$1:$2" ;;
	esac
}
get() { # client, address, port, path
	at "$1" curl -sf -m 5 "$(url "$2" "$3")/${4:-}"
}
answers() { [[ $(get "$1" "$2" "${3:-80}") == backend? ]]; }
silent() { # client, address, port
	! at "$1" curl -s -m 1 "$(url "$2" "${3:-80}")/" >/dev/null
}
answers_all() { # client, address, port, how many: names of those who answered
	at "$1" curl -s -m 5 -H 'Connection: close' "$(url "$2" "$3")/?[1-$4]"
}

reason() { # host, reason: its packets so far
	at "$1" sluice stats reasons -j | jq ".reasons.$2.packets"
}
rule() { # rule of the balancer: its packets so far
	sluice stats rules -j | jq ".rules[] | select(.name == \"$1\").packets"
}
decapsulated() { # by all backends
	local name sum=0
	for name in "${backends[@]}"; do
		sum=$((sum + $(reason "$name" decapsulated)))
	done
	echo $sum
}
# only in the background or as $(flood ...): becomes the sender
flood() { # trafficgen's options, address, port
	local name
	local -a ports=()
	for name in "${backends[@]}"; do
		ports+=("sluice-$LAB-$name:eth0")
	done
	exec tools/lab in client1 "$BUILD/trafficgen" flood "$@" "${ports[@]}"
}
