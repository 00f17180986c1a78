# Debian packages by an apt of our own: the host's configuration for proxies and the like, and its mirror, but sources,
# state and cache apart. It needs no privilege and changes nothing outside its directory. Sourced by `lab`.
# shellcheck shell=bash disable=SC2154

apt_dir=$lab_dir/apt

# The first mirror of Debian's main archive that the host's apt is configured for. Needs no package lists of the host.
debian_mirror() {
  local mirror
  mirror=$(apt-get update --print-uris 2>/dev/null |
    sed -n "s|^'\([a-z+]*:.*/debian/*\)dists/.*/InRelease'.*|\1|p" | head -n 1)
  printf '%s\n' "${mirror:-http://deb.debian.org/debian/}"
}

debian_keyring() {
  local keyring
  for keyring in /usr/share/keyrings/debian-archive-keyring.{gpg,pgp}; do
    [ ! -f "$keyring" ] || { printf '%s\n' "$keyring"; return; }
  done
  fail "no keyring of Debian's archive; install the package debian-archive-keyring"
}

prepare_apt() {
  mkdir -p "$apt_dir"/state/lists/partial "$apt_dir"/cache/archives/partial "$apt_dir"/empty/archives/partial
  : >"$apt_dir/state/status"
  printf 'deb [arch=amd64 signed-by=%s] %s %s main\n' \
    "$(debian_keyring)" "$(debian_mirror)" "$debian_release" >"$apt_dir/sources.list"
  # Read after the host's configuration, so it wins. The host's hooks would touch the host.
  cat >"$apt_dir/apt.conf" <<END
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Pre-Install-Pkgs;
#clear DPkg::Pre-Invoke;
#clear DPkg::Post-Invoke;
#clear APT::Architectures;
APT::Architecture "amd64";
APT::Architectures { "amd64"; };
APT::Install-Recommends "false";
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::Retries "2";
Dir::Etc::sourcelist "$apt_dir/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Dir::State "$apt_dir/state";
Dir::State::status "$apt_dir/state/status";
Dir::Cache "$apt_dir/cache";
END
  say "Reading Debian's package index"
  # Without the error mode apt calls an index that it could not get a warning.
  timeout 300 apt-get -c "$apt_dir/apt.conf" -qq -o APT::Update::Error-Mode=any update >&2
}

# The package that a metapackage stands for: its first dependency of that beginning.
# Usage: package_behind METAPACKAGE BEGINNING
package_behind() {
  apt-cache -c "$apt_dir/apt.conf" show --no-all-versions "$1" |
    sed -n 's/^Depends: //p' | tr ',|' '\n' | sed -n "s/^ *\($2[^ ]*\).*/\1/p" | head -n 1
}

# The files that an apt-get command would download, one path a line. With an empty cache apt names every one.
package_files() {
  (cd "$apt_dir/empty" && apt-get -c "$apt_dir/apt.conf" -q -y -o "Dir::Cache=$apt_dir/empty" --print-uris "$@") |
    sed -n "s|^'[^']*' \([^ ]*\) .*|$apt_dir/cache/archives/\1|p"
}

# Downloads packages, those with all they depend on or these alone; prints the paths of the files.
# Usage: download install|download PACKAGE...
download() {
  local options=(-qq -y)
  [ "$1" = download ] || options+=(--download-only)
  (cd "$apt_dir/cache/archives" && timeout 1200 apt-get -c "$apt_dir/apt.conf" "${options[@]}" "$@" >&2)
  package_files "$@"
}

# Unpacks a package into a directory; links to directories, such as /lib, stay what they are.
# Usage: unpack FILE DIRECTORY [TAR-OPTION-OR-MEMBER]...
unpack() {
  dpkg-deb --fsys-tarfile "$1" | tar --extract --keep-directory-symlink --no-same-owner --directory "$2" "${@:3}"
}
