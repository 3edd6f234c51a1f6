# Shared by the scripts here: where things are, the cache, and packages.
# shellcheck shell=bash

set -euo pipefail
export LC_ALL=C TZ=UTC
umask 022

qemu_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repo=$(dirname "$qemu_dir")
out=${PAYLATCH_DEVICE:-$repo/target/device}
cache=${PAYLATCH_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/paylatch}
cross=${CROSS_COMPILE:-aarch64-linux-gnu-}
jobs=${JOBS:-$(nproc)}
# The distribution's own Python: a pyenv shim in front of it lacks the modules.
python=/usr/bin/python3
# shellcheck source=layout
. "$qemu_dir/layout"

# An empty variable is one that was not given, also to the makes we run.
for v in CROSS_COMPILE TA_SIGN_KEY TA_DEV_KIT_DIR OPTEE_OS_DIR OPTEE_OS_SRC UBOOT_SRC TFA_SRC LINUX_SRC; do
	[ -n "${!v:-}" ] || unset "$v"
done

# shellcheck source=versions
. "$qemu_dir/versions"

say() { printf '%s\n' "$*" >&2; }
die() { say "error: $*"; exit 1; }

# Digest of standard input, short enough for a directory's name.
digest() { sha256sum | cut -c1-16; }

# Digest of a directory the user pointed us at: what make would see in it.
tree_digest() {
	(cd "$1" && find . \( -name .git -o -name out -o -name build \) -prune -o \
		-type f -print0 | sort -z | xargs -0 sha256sum) | digest
}

# cached NAME KEY HINT FUNCTION ARG...: prints the directory that holds this
# artefact. When absent, FUNCTION makes it, in the temporary directory that is
# its first argument, and it is renamed into place when complete. Two makes at
# once: the second waits for the first and finds the work done.
cached() {
	local name=$1 key=$2 hint=$3 fn=$4 dir tmp fd log
	shift 4
	dir=$cache/$name-$key
	if [ ! -d "$dir" ]; then
		mkdir -p "$cache/locks" "$cache/logs"
		exec {fd}>"$cache/locks/$name-$key"
		flock -n "$fd" || { say "$name: another build is at it, waiting"; flock "$fd"; }
		if [ ! -d "$dir" ]; then
			say "$name: $hint"
			tmp=$(mktemp -d "$cache/tmp.$name-XXXXXX")
			chmod 755 "$tmp"
			log=$cache/logs/$name-$key.log
			# A process of its own: set -e would be off in a function
			# whose caller tests its result.
			if "$BASH" "$qemu_dir/build" --make "$fn" "$tmp" "$@" >"$log" 2>&1 {fd}>&-; then
				mv -T "$tmp" "$dir"
			else
				rm -rf "$tmp"
				tail -n 30 "$log" >&2
				die "$name: failed; the whole log is $log"
			fi
		fi
		exec {fd}>&-
	fi
	touch "$dir"
	printf '%s\n' "$dir"
}

# keep_last NAME N: removes all but the N last used artefacts of that name.
keep_last() {
	find "$cache" -maxdepth 1 -type d -name "$1-????????????????" -printf '%T@ %p\n' |
		sort -rn | tail -n +"$(($2 + 1))" | cut -d' ' -f2- | xargs -r rm -rf
}

# The mirror of this machine's own apt configuration.
mirror() {
	local m
	m=${PAYLATCH_MIRROR:-$(apt-get indextargets --format '$(ORIGIN)|$(LABEL)|$(COMPONENT)|$(REPO_URI)' \
		'Created-By: Packages' 2>/dev/null | sed -n 's/^Debian|Debian|main|//p' | head -n1)}
	[ -n "$m" ] || die "no Debian mirror in this machine's apt configuration (run apt-get update? or set PAYLATCH_MIRROR)"
	printf '%s\n' "$m"
}

# The archive's keys. Those of an older release may not know a newer suite's:
# then the keyring package of a suite that they do know is taken.
host_keyring() {
	local k
	for k in /usr/share/keyrings/debian-archive-keyring.{gpg,pgp}; do
		[ -r "$k" ] && { echo "$k"; return; }
	done
	die "debian-archive-keyring is not installed (make -C qemu deps)"
}

make_keyring() {
	local tmp=$1
	(cd "$tmp" && apt_private trixie all "$(host_keyring)" apt-get download debian-archive-keyring)
	dpkg-deb -x "$tmp"/*.deb "$tmp/x"
	cp -L "$tmp"/x/usr/share/keyrings/debian-archive-keyring.[gp]* "$tmp/keyring.gpg"
}

# apt_private SUITE ARCH KEYRING COMMAND ARG...: apt with directories of its
# own, so that another suite or architecture leaves the host's apt alone and
# no privilege is needed. Signatures are checked as always.
apt_private() {
	local suite=$1 arch=$2 keyring=$3 d host
	shift 3
	host=$(dpkg --print-architecture)
	[ "$arch" = all ] && arch=$host
	d=$cache/apt/$suite-$arch
	mkdir -p "$d/lists/partial" "$d/archives/partial"
	: >"$d/status"
	printf '%s\n' \
		"deb [signed-by=$keyring arch=$arch] $(mirror) $suite main" \
		"deb-src [signed-by=$keyring] $(mirror) $suite main" >"$d/sources.list.$$"
	mv "$d/sources.list.$$" "$d/sources.list"
	"$1" -q -o APT::Architecture="$arch" -o APT::Architectures="$arch" \
		-o Dir::Etc::sourcelist="$d/sources.list" -o Dir::Etc::sourceparts=/dev/null \
		-o Dir::State="$d" -o Dir::State::lists="$d/lists" -o Dir::State::status="$d/status" \
		-o Dir::Cache="$d" -o APT::Sandbox::User= -o Acquire::Languages=none \
		-o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false \
		-o APT::Install-Recommends=false "${@:2}"
}

# suite_ready SUITE ARCH: its package lists are there and not older than a day.
# Prints the keyring that verified them.
suite_ready() {
	local suite=$1 arch=$2 d keyring fd
	[ "$arch" = all ] && arch=$(dpkg --print-architecture)
	d=$cache/apt/$suite-$arch
	mkdir -p "$d" "$cache/locks"
	exec {fd}>"$cache/locks/apt-$suite-$arch"
	flock "$fd"
	if [ -z "$(find "$d" -maxdepth 1 -name keyring -mtime -1 2>/dev/null)" ]; then
		say "apt: reading the package lists of $suite ($arch)"
		keyring=$(host_keyring)
		if ! apt_private "$suite" "$arch" "$keyring" apt-get update >"$d/log" 2>&1 {fd}>&- ||
			grep -q '^[WE]:.*\(NO_PUBKEY\|not signed\|verif\)' "$d/log"; then
			if [ "$suite" != trixie ]; then
				suite_ready trixie all >/dev/null
				keyring=$(cached keyring "$(host_keyring | digest)" "fetching the current archive keys" make_keyring)/keyring.gpg
			fi
			apt_private "$suite" "$arch" "$keyring" apt-get update >"$d/log" 2>&1 {fd}>&- ||
				{ tail -n 5 "$d/log" >&2; return 1; }
		fi
		# A suite the mirror does not carry is a warning to apt.
		find "$d/lists" -maxdepth 1 -name '*Release' | grep -q . || return 1
		printf '%s\n' "$keyring" >"$d/keyring"
	fi
	exec {fd}>&-
	cat "$d/keyring"
}

# versions_of KIND SUITE ARCH KEYRING PACKAGE: what the suite has, newest first.
versions_of() {
	local v list=
	if [ "$1" = src ]; then
		list=$(apt_private "$2" "$3" "$4" apt-cache showsrc --only-source "$5" 2>/dev/null |
			sed -n 's/^Version: //p')
	else
		list=$(apt_private "$2" "$3" "$4" apt-cache madison "$5" 2>/dev/null |
			awk -F'|' '$3 ~ /Packages/ {gsub(/ /, "", $2); print $2}')
	fi
	# A sort by Debian's rules, by insertion: there are only a few.
	local -a sorted=()
	for v in $list; do
		local i=0
		while [ "$i" -lt "${#sorted[@]}" ] && dpkg --compare-versions "${sorted[$i]}" gt "$v"; do
			i=$((i + 1))
		done
		sorted=("${sorted[@]:0:$i}" "$v" "${sorted[@]:$i}")
	done
	printf '%s\n' "${sorted[@]:-}" | uniq
}

# The part of a version that must not differ: 1:11.1.2+ds-3 -> 1:11.1
minor_of() { sed -E 's/^(([0-9]+:)?[0-9]+\.[0-9]+).*/\1/' <<<"$1"; }

# resolve KIND ARCH PACKAGE VERSION SUITE...: prints "suite keyring version".
resolve() {
	local kind=$1 arch=$2 pkg=$3 want=$4 s k v best=
	shift 4
	for s in "$@"; do
		k=$(suite_ready "$s" "$arch") || { say "apt: $s cannot be read from this mirror"; continue; }
		for v in $(versions_of "$kind" "$s" "$arch" "$k" "$pkg"); do
			[ "$v" = "$want" ] && { echo "$s $k $v"; return; }
			[ "$(minor_of "$v")" = "$(minor_of "$want")" ] && [ -z "$best" ] && best="$s $k $v"
		done
	done
	[ -n "$best" ] || die "$pkg: neither $want nor another $(minor_of "$want") is in: $*"
	say "warning: $pkg $want is gone from the archive; using ${best##* }"
	echo "$best"
}

# fetch_source TMP PACKAGE VERSION SUITE...: a Debian source package, unpacked
# with Debian's patches into TMP/src.
fetch_source() {
	local tmp=$1 pkg=$2 s k v r
	shift
	r=$(resolve src all "$@")
	read -r s k v <<<"$r"
	(cd "$tmp" && apt_private "$s" all "$k" apt-get source --download-only --only-source "$pkg=$v")
	(cd "$tmp" && sha256sum -- *.* | sed "s/^/$pkg $v /" >manifest)
	# apt has checked the files against the archive's signature.
	dpkg-source --no-check -x "$tmp"/*.dsc "$tmp/src"
	find "$tmp" -maxdepth 1 -name '*.tar.*' -delete
}

# Where packages are unpacked in what is cached of them.
unpacked=root

# fetch_deb TMP ARCH PACKAGE VERSION SUITE...: one binary package, unpacked in TMP.
fetch_deb() {
	local tmp=$1 arch=$2 pkg=$3 s k v r
	shift 2
	r=$(resolve bin "$arch" "$@")
	read -r s k v <<<"$r"
	(cd "$tmp" && apt_private "$s" "$arch" "$k" apt-get download "$pkg=$v")
	unpack_debs "$tmp" "$tmp"
}

# fetch_deb_deps TMP ARCH PACKAGE VERSION SUITE...: and what it depends on.
fetch_deb_deps() {
	local tmp=$1 arch=$2 pkg=$3 s k v r
	shift 2
	r=$(resolve bin "$arch" "$@")
	read -r s k v <<<"$r"
	mkdir -p "$tmp/debs/partial"
	apt_private "$s" "$arch" "$k" apt-get -y -o Dir::Cache::archives="$tmp/debs" -o Debug::NoLocking=1 \
		--download-only install "$pkg=$v"
	unpack_debs "$tmp" "$tmp/debs"
	rm -rf "$tmp/debs"
}

unpack_debs() {
	local tmp=$1 d
	mkdir -p "$tmp/$unpacked"
	for d in "$2"/*.deb; do
		dpkg-deb -x "$d" "$tmp/$unpacked"
		printf '%s %s\n' "$(dpkg-deb -f "$d" Package Version Architecture | sed 's/^[^:]*: //' | paste -sd' ')" \
			"$(sha256sum "$d" | cut -d' ' -f1)" >>"$tmp/manifest"
		rm "$d"
	done
}
