# Sourced by the scripts beside it.

fail() {
    echo "${0##*/}: $*" >&2
    exit 1
}

# Installs packages where apt-get exists; elsewhere says what is missing.
apt_install() {
    local sudo=()
    command -v apt-get >/dev/null || fail "please install $*: there is no apt-get here to do it"
    if [[ "$(id -u)" != 0 ]]; then
        command -v sudo >/dev/null || fail "please install $*: neither root nor sudo is at hand"
        sudo=(sudo)
    fi
    echo "${0##*/}: installing $*" >&2
    "${sudo[@]}" apt-get update -q >&2
    "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -yq --no-install-recommends "$@" >&2
}
