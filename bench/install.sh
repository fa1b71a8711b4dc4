#!/usr/bin/env bash
# Installs the peers of the bench, or those named as arguments:
#
#   ./install.sh [torch] [jax] [numpy] [openblas] [gcc] [gonum] [gorgonia] [gomlx]
#
# What cannot be installed is said and passed over: the bench reports it as absent.
# PYTHON names the interpreter, of a virtual environment say; go run . reads it, too.
set -uo pipefail
cd "$(dirname "$0")"

python=${PYTHON:-python3}
failed=()

root() {
	if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

debian() { root apt-get update -q && root apt-get install -qy "$@"; }

install() {
	case $1 in
	torch) "$python" -m pip install torch ;; # with CUDA, several GB; a build for CPUs only does as well
	jax) "$python" -m pip install jax ;;
	numpy) "$python" -m pip install numpy ;;
	openblas) debian libopenblas-dev ;;
	gcc) debian gcc libc6-dev ;;
	gonum | gorgonia | gomlx) (cd "peers/$1" && go mod download && go build -buildvcs=false -o /dev/null .) ;;
	*) echo "no peer is called $1" >&2 && return 1 ;;
	esac
}

[ $# -gt 0 ] || set -- gcc openblas numpy torch jax gonum gorgonia gomlx
for peer; do
	echo "== $peer"
	install "$peer" || failed+=("$peer")
done
[ ${#failed[@]} = 0 ] || { echo "not installed: ${failed[*]}" >&2 && exit 1; }
