# shellcheck shell=bash disable=SC2154
# Draws the progress of standin.sh's branches. One process writes, so that lines never mix.
# Sourced; expects $work and $logs.

declare -A texts=([0]="between two steps") begun=()

# The live line: what runs now, the longest first. Only where a terminal shows stderr.
live() {
  [[ -t 2 ]] || return 0
  local number line='' width
  for number in $(printf '%s\n' "${!begun[@]}" | sort -n); do
    line+="${line:+   }[bases $number/$steps] ${texts[$number]} … $((SECONDS - begun[$number]))s"
  done
  width=$(stty size <&2 2>/dev/null | cut -d' ' -f2) || width=80
  printf '\r\033[K%s' "${line:0:$((${width:-80} - 1))}" >&2
}

settle() {
  [[ ! -t 2 ]] || printf '\r\033[K' >&2
  printf '%s\n' "$*" >&2
}

# draw BRANCHES: until that many branches have ended, or one has failed.
draw() {
  local open=$1 steps=8 line begin='' word number rest
  while ((open > 0)); do
    # A second may be over in the midst of a line: what was read of it is its begin.
    if ! IFS= read -r -t 1 line; then
      begin+=$line
    else
      read -r word number rest <<<"$begin$line"
      begin=''
      case $word in
        start)
          texts[$number]=$rest
          begun[$number]=$SECONDS
          [[ -t 2 ]] || settle "[bases $number/$steps] $rest …"
          ;;
        done)
          unset "begun[$number]"
          settle "[bases $number/$steps] ${texts[$number]} … ${rest}s"
          ;;
        fail)
          settle "[bases $number/$steps] ${texts[$number]} … FAILED after ${rest}s. The end of $logs/$number.log:"
          tail -qn 15 "$logs/$number.log" 2>/dev/null | grep -v '^stagewatch:' | cut -c1-200 | sed 's/^/    /' >&2
          if [[ -s $work/why.$number ]]; then
            say "$(<"$work/why.$number")"
          else
            say "a step of building the base images failed; its whole log is $logs/$number.log. What was finished is kept: run it again once that is mended."
          fi
          exit 1
          ;;
        end) open=$((open - 1)) ;;
      esac
    fi
    live
  done
  [[ ! -t 2 ]] || printf '\r\033[K' >&2
}
