#!/bin/bash
# Train scorers that are to be rewards on a GPU that is lent for minutes: bash docs/gpu/reward.sh PACK OUT [more options of attiqa finetune]
# PACK is made by docs/gpu/pack.py. Run it in the repository's root. Every part leaves OUT/NAME.tar (scorer, summary, metrics) as
# soon as it ends and prints as it goes into OUT/log, so that a machine that is taken back has cost one part.
# EPOCHS=40, PARTS="split-0 all split-1 split-2"; split-K holds a fifth out, all is what would ship.
set -euo pipefail
pack=$1 out=$2
shift 2
export PYTHONUNBUFFERED=1 PYTHONPATH=$PWD${PYTHONPATH:+:$PYTHONPATH}
mkdir -p "$out"
runs=$(mktemp -d)
if compgen -G "$pack/wheels/*.whl" > /dev/null; then
  python3 -m pip install -q --no-index --no-deps --no-compile --target "$runs/site" "$pack"/wheels/*.whl
  PYTHONPATH=$PYTHONPATH:$runs/site
fi
for part in ${PARTS:-split-0 all split-1 split-2}; do
  case $part in
    split-*) held=(--hold-out 0.2 --seed "${part#split-}") ;;
    all) held=() ;;
    *) echo "$part: is neither all nor split-K" >&2; exit 2 ;;
  esac
  echo "== $part, $SECONDS s" | tee -a "$out/log"
  "${PYTHON:-python3}" -m experiments.cli finetune "$pack/rated/mos.csv" --config experiments/presets/reward.toml --mos-range 0 100 \
    --pristine "$pack/good" --best-rated 0.33 --ladder-kinds photo peak isp attack --epochs "${EPOCHS:-40}" --half \
    --out "$runs/$part" "${held[@]}" "$@" 2>&1 | tee -a "$out/log"
  files=(scorer metrics.jsonl meta.json)
  if [ -f "$runs/$part/summary.json" ]; then files+=(summary.json); fi
  tar -C "$runs/$part" -cf "$out/$part.tar" "${files[@]}"
done
echo "== done, $SECONDS s" | tee -a "$out/log"
