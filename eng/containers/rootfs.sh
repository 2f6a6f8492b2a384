#!/bin/sh
# rootfs.sh SUITE FOLDER PACKAGE...: makes FOLDER a root file system of Debian packages and all that they depend on. They are unpacked and
# not installed: what their scripts would do is left to the caller. A name with a hyphen at its end, such as libllvm19-, is left out although
# others depend on it.
set -eu

here=$(dirname "$(readlink -f "$0")")
suite=$1 root=$2
shift 2
mkdir -p "$root"
root=$(cd "$root" && pwd)

left_out=
for package; do
  shift
  case $package in
    *-) left_out="$left_out $package" ;;
    *) set -- "$@" "$package" ;;
  esac
done

# The packages leave it to base-files, or the installer, to merge these with /usr.
for folder in bin sbin lib lib64; do
  mkdir -p "$root/usr/$folder"
  ln -s "usr/$folder" "$root/$folder"
done

"$here/debian.sh" "$suite" update
packages=$(mktemp -d)
trap 'rm -rf "$packages"' EXIT
mkdir "$packages/partial"
"$here/debian.sh" "$suite" install --yes --no-install-recommends --download-only -o Dir::Cache::archives="$packages" "$@"
for package in "$packages"/*.deb; do
  name=$(basename "$package" | cut -d _ -f 1)
  case " $left_out " in *" $name- "*) continue ;; esac
  dpkg-deb --fsys-tarfile "$package" | tar --extract --directory "$root" --keep-directory-symlink \
    --exclude './usr/share/doc/*' --exclude './usr/share/man/*' --exclude './usr/share/locale/*'
done

mkdir -p "$root/dev" "$root/etc" "$root/proc" "$root/root" "$root/run" "$root/sys" "$root/tmp" "$root/var"
chmod 1777 "$root/tmp"
[ -e "$root/var/run" ] || ln -s ../run "$root/var/run"
printf 'root:x:0:0:root:/root:/bin/sh\n' >"$root/etc/passwd"
printf 'root:x:0:\n' >"$root/etc/group"
