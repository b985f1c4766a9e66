# Shell functions shared by the scripts; sourced by bash, never run.
#
#   ROOT    the checkout
#   BUILD   everything that is built, $RESORTBITE_BUILD or .build/
#
# Packages are taken with the apt configuration the machine has.  What its
# own Debian release lacks (an older or newer source, libtest-nginx-perl) is
# fetched from another suite of the same mirror through apt state of our own
# below .build/apt, so the machine's sources, lists and pins stay as they are.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
BUILD=${RESORTBITE_BUILD:-$ROOT/.build}


say() {
    echo "$(basename "$0"): $*" >&2
}


die() {
    say "$@"
    exit 1
}


# as_root COMMAND…: runs it as root, through sudo if need be

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        die "needs root (or sudo) for: $*"
    fi
}


# as_user USER COMMAND…: runs it as USER, or as we are if we aren't root

as_user() {
    local user=$1
    shift

    if [ "$(id -u)" = 0 ] && [ "$user" != root ]; then
        setpriv --reuid="$user" --regid="$(id -g "$user")" --init-groups "$@"
    else
        "$@"
    fi
}


# one_at_a_time NAME: waits until no other script holds NAME, then holds it
# to the end of this one

one_at_a_time() {
    mkdir -p "$BUILD"
    exec 9>"$BUILD/.$1.lock"

    if ! flock -n 9; then
        say "waiting for another \"$1\" to finish"
        flock 9
    fi
}


is_installed() {
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" \
        = installed ]
}


# need_packages NAME…: installs those that are missing

need_packages() {
    local name missing=()

    for name in "$@"; do
        is_installed "$name" || missing+=("$name")
    done

    if [ ${#missing[@]} = 0 ]; then
        return
    fi

    say "installing ${missing[*]}"
    as_root bash -eu -c "$(declare -f install_quietly)"'; install_quietly "$@"' \
        - "${missing[@]}" || die "could not install ${missing[*]}"
}


# install_quietly NAME…: as root; Debian would start the services of what it
# installs and create a database cluster, on the ports of the machine's own:
# for as long as this takes it is asked not to.  A policy that an
# administrator has put there is left alone.  It has a shell of its own, so
# its variables and its trap are not ours.

install_quietly() {
    export DEBIAN_FRONTEND=noninteractive

    policy=/usr/sbin/policy-rc.d
    cluster=/etc/postgresql-common/createcluster.d/zz-resortbite.conf
    log=/var/log/resortbite-install.log

    exec 8>/run/lock/resortbite-install.lock
    flock 8

    cleanup_install() {
        rm -f "$cluster"
        if grep -qs 'resortbite: while installing' "$policy"; then
            rm -f "$policy"
        fi
    }

    trap cleanup_install EXIT
    trap 'exit 1' INT TERM HUP

    if [ ! -e "$policy" ]; then
        printf '#!/bin/sh\n# resortbite: while installing\nexit 101\n' \
            > "$policy"
        chmod 755 "$policy"
    fi

    mkdir -p "${cluster%/*}"
    echo "create_main_cluster = false" > "$cluster"

    # lists that are there may be enough, and save a minute; else fetch them
    apt_install() {
        apt-get -qq -y -o DPkg::Lock::Timeout=600 -o Dpkg::Use-Pty=0 \
            --no-install-recommends install "$@" >> "$log" 2>&1
    }

    if ! apt_install "$@"; then
        apt-get -qq -o DPkg::Lock::Timeout=600 update >> "$log" 2>&1 || true

        if ! apt_install "$@"; then
            tail -n 20 "$log" >&2
            return 1
        fi
    fi
}


# debian_sources SUITE TYPE: prints one-line apt sources for a suite of the
# mirror this machine uses; for the machine's own suite with its updates and
# security.  TYPE is deb or deb-src.

debian_sources() {
    local own uri release component key

    own=$(. /etc/os-release && echo "$VERSION_CODENAME")

    apt-get indextargets \
        --format '$(REPO_URI) $(RELEASE) $(COMPONENT) $(SIGNED_BY)' \
        'Identifier: Packages' 'Target-Of: deb' \
    | sort -u | while read -r uri release component key; do
        case $release in
            "$own") release=$1 ;;
            "$own"-*) [ "$1" = "$own" ] || continue ;;
            *) continue ;;
        esac

        case $key in
            /*) key="[signed-by=$key] " ;;
            *) key= ;;
        esac

        echo "$2 $key$uri $release $component"
    done
}


# apt_elsewhere SUITE TYPE COMMAND…: apt-get or apt-cache with that suite
# only, and nothing of the machine's state touched.  The lists are fetched
# once a day.

apt_elsewhere() {
    local dir=$BUILD/apt/$1-$2 suite=$1 type=$2 command=$3 options
    shift 3

    mkdir -p "$dir/sources" "$dir/lists/partial" "$dir/cache/archives/partial"

    options=(-o Dir::Etc::sourcelist=/dev/null
             -o Dir::Etc::sourceparts="$dir/sources"
             -o Dir::Etc::preferences=/dev/null
             -o Dir::Etc::preferencesparts=/dev/null
             -o Dir::State::lists="$dir/lists"
             -o Dir::Cache="$dir/cache"
             -o APT::Get::List-Cleanup=false
             -o APT::Sandbox::User=root
             -o Acquire::Languages=none)

    if [ -z "$(find "$dir/updated" -mtime -1 2>/dev/null)" ]; then
        debian_sources "$suite" "$type" > "$dir/sources/debian.list"

        [ -s "$dir/sources/debian.list" ] \
            || die "found no Debian mirror in this machine's apt sources"

        say "fetching the package lists of $suite"
        apt-get "${options[@]}" -qq update >&2 || return 1
        touch "$dir/updated"
    fi

    "$command" "${options[@]}" "$@"
}


# nginx_source WHAT: prints a folder with nginx's source: the folder WHAT, or
# Debian's source package.  WHAT is "debian" (this release's), "current" (the
# newest suite's) or the start of a version, such as 1.26.

nginx_source() {
    local own suites suite version dir

    if [ -f "$1/configure" ]; then
        (cd "$1" && pwd)
        return
    fi

    own=$(. /etc/os-release && echo "$VERSION_CODENAME")

    case $1 in
        debian) suites=$own ;;
        current) suites="forky trixie" ;;
        [0-9]*) suites="$own trixie forky" ;;
        *) die "--nginx: $1 is neither a version nor a source folder" ;;
    esac

    # what was unpacked before needs no network
    for suite in $suites; do
        for dir in "$BUILD/source/$suite"/nginx-*; do
            case $1:${dir##*/nginx-} in
                debian:[0-9]* | current:[0-9]* | "$1:$1"*)
                    echo "$dir"
                    return
            esac
        done
    done

    need_packages dpkg-dev ca-certificates >&2

    # newest first; a mirror may lag behind its index, then the next will do
    for suite in $suites; do
        for version in $(apt_elsewhere "$suite" deb-src \
                             apt-cache showsrc --only-source nginx \
                         | sed -n 's/^Version: //p' | sort -rV)
        do
            case $1:$version in
                debian:[0-9]* | current:[0-9]* | "$1:$1"*) ;;
                *) continue ;;
            esac

            if unpack_nginx "$suite" "$version" >&2; then
                echo "$BUILD/source/$suite"/nginx-*
                return
            fi
        done
    done

    die "no suite of this mirror has the source of nginx $1"
}


# unpack_nginx SUITE VERSION: below .build/source/SUITE/nginx-*

unpack_nginx() {
    local dir=$BUILD/source/$1 release

    say "fetching the source of nginx $2 ($1)"
    rm -rf "$dir"
    mkdir -p "$dir"

    if ! (cd "$dir" && apt_elsewhere "$1" deb-src \
              apt-get -qq --download-only source "nginx=$2" \
          && dpkg-source --no-check -x nginx_*.dsc unpacked) \
        > "$dir.log" 2>&1
    then
        say "could not (see $dir.log); trying the next"
        rm -rf "$dir"
        return 1
    fi

    release=$(sed -n 's/^#define NGINX_VERSION *"\(.*\)"/\1/p' \
                  "$dir/unpacked/src/core/nginx.h")

    # a release has configure at its top, the repository in auto/
    [ -f "$dir/unpacked/configure" ] \
        || ln -s auto/configure "$dir/unpacked/configure"
    mv "$dir/unpacked" "$dir/nginx-$release"
}


# need_test_nginx: Test::Nginx for Perl.  Debian 12 has no such package, so
# this one is taken from a newer suite; what it depends on comes from the
# machine's own.

need_test_nginx() {
    local dir=$BUILD/apt/test-nginx suite

    if is_installed libtest-nginx-perl; then
        return
    fi

    if apt-cache show libtest-nginx-perl >/dev/null 2>&1; then
        need_packages libtest-nginx-perl
        return
    fi

    mkdir -p "$dir"

    for suite in trixie forky; do
        (cd "$dir" && apt_elsewhere "$suite" deb \
                          apt-get -qq download libtest-nginx-perl) \
            > "$dir/log" 2>&1 && break
    done

    set -- "$dir"/libtest-nginx-perl_*.deb
    [ -f "$1" ] || die "no suite of this mirror has libtest-nginx-perl"

    # apt reads it as its own user
    deb=$(mktemp --suffix=.deb)         # where apt's own account can read it
    cp "$1" "$deb"
    chmod 644 "$deb"
    say "installing libtest-nginx-perl of $suite"
    as_root bash -eu -c "$(declare -f install_quietly)"'; install_quietly "$@"' \
        - "$deb"
    rm -f "$deb"
}
