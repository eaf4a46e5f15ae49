package reload

import (
	"regexp"
	"slices"
	"strings"
)

// Allow returns the values of a page's Content-Security-Policy fields so that they let the page load the script and
// hear its events, and nothing else that they forbid. The nonce is what the tag needs besides, empty for none: one that
// the page has anyway, or else fresh, which must be new for each page. Host is that of the page, with its port; it
// names the script's address where a nonce would switch 'unsafe-inline' off.
func Allow(values []string, host, fresh string) (allowed []string, nonce string) {
	var fields [][]policy
	for _, value := range values {
		var ps []policy
		for text := range strings.SplitSeq(value, ",") {
			p := policy(strings.Split(text, ";"))
			ps = append(ps, p)
			if _, s := p.effective(scriptDirectives...); nonce == "" && !s.sameOrigin() {
				nonce = s.nonce()
			}
		}
		fields = append(fields, ps)
	}
	for _, ps := range fields {
		var texts []string
		for _, p := range ps {
			p, nonce = p.allowScript(host, nonce, fresh)
			texts = append(texts, strings.Join(p.allowEvents(host), ";"))
		}
		allowed = append(allowed, strings.Join(texts, ","))
	}
	return allowed, nonce
}

// The directives that decide, the first that a policy has.
var (
	scriptDirectives = []string{"script-src-elem", "script-src", "default-src"}
	eventDirectives  = []string{"connect-src", "default-src"}
)

// policy is the directives of one policy, each with its spaces.
type policy []string

// sources are those that a directive allows, nil where no directive forbids any.
type sources []string

// effective returns the directive that decides, and what it allows; -1 where there is none.
func (p policy) effective(names ...string) (index int, s sources) {
	for _, name := range names {
		for i, directive := range p {
			if words := strings.Fields(directive); len(words) > 0 && strings.EqualFold(words[0], name) {
				return i, words[1:]
			}
		}
	}
	return -1, nil
}

// allowScript returns the policy with the script in it, and the nonce that the tag then needs.
func (p policy) allowScript(host, nonce, fresh string) (policy, string) {
	i, s := p.effective(scriptDirectives...)
	switch {
	case i < 0 || s.sameOrigin() || nonce != "" && s.has("'nonce-"+nonce+"'"):
		return p, nonce
	case !s.inline():
		if nonce == "" {
			nonce = fresh
		}
		return p.add(i, "script-src", "'nonce-"+nonce+"'"), nonce
	case hostName.MatchString(host):
		return p.add(i, "script-src", host+ScriptPath), nonce
	}
	return p, nonce
}

// allowEvents returns the policy with the events in it.
func (p policy) allowEvents(host string) policy {
	i, s := p.effective(eventDirectives...)
	if i < 0 || s.sameOrigin() || !hostName.MatchString(host) {
		return p
	}
	return p.add(i, "connect-src", host+EventsPath)
}

// hostName is what a policy can spell of a host: no address of IPv6.
var hostName = regexp.MustCompile(`^[A-Za-z0-9.-]+(:[0-9]+)?$`)

// add adds a source to the directive with the index. What others fall back on stays as it is: the source then goes into
// a directive of that name, which allows the same beside it.
func (p policy) add(i int, name, source string) policy {
	words := strings.Fields(p[i])
	kept := slices.DeleteFunc(words[1:], func(s string) bool { return strings.EqualFold(s, "'none'") })
	all := strings.Join(append(kept, source), " ")
	if strings.EqualFold(words[0], "default-src") {
		return append(slices.Clone(p), " "+name+" "+all)
	}
	p = slices.Clone(p)
	p[i] = p[i][:strings.Index(p[i], words[0])] + words[0] + " " + all
	return p
}

// has reports whether one of the sources is there, whatever its case where that does not matter.
func (s sources) has(any ...string) bool {
	return slices.ContainsFunc(s, func(one string) bool {
		return slices.ContainsFunc(any, func(other string) bool {
			return one == other || !strings.HasPrefix(other, "'nonce-") && strings.EqualFold(one, other)
		})
	})
}

// sameOrigin reports whether all of the page's own host is allowed.
func (s sources) sameOrigin() bool {
	return s.has("'self'", "*", "http:") && !s.has("'strict-dynamic'")
}

// nonce returns the first nonce, empty for none.
func (s sources) nonce() string {
	for _, one := range s {
		if text, ok := strings.CutPrefix(one, "'nonce-"); ok && nonceText.MatchString(text) {
			return strings.TrimSuffix(text, "'")
		}
	}
	return ""
}

// nonceText is a nonce as it stands in a policy, and can stand between quotes in a page.
var nonceText = regexp.MustCompile(`^[A-Za-z0-9+/_=-]+'$`)

// inline reports whether scripts within the page are allowed, as they are no more once there is a nonce.
func (s sources) inline() bool {
	return s.has("'unsafe-inline'") && !s.has("'strict-dynamic'") && !slices.ContainsFunc(s, func(one string) bool {
		one = strings.ToLower(one)
		return strings.HasPrefix(one, "'nonce-") || strings.HasPrefix(one, "'sha256-") || strings.HasPrefix(one, "'sha384-") || strings.HasPrefix(one, "'sha512-")
	})
}
