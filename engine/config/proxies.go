package config

import (
	"net/url"
	"slices"
	"strings"
)

// WithProxies returns the configuration with the proxies that docker's own configuration has for builds and containers,
// NAME=value each. Those that flags name, with a value or without one, are as the flags say.
func (c Config) WithProxies(proxies []string) Config {
	c.Proxies, c.Env = nil, slices.Clone(c.Env)
	for _, proxy := range proxies {
		name, _, _ := strings.Cut(proxy, "=")
		if !names(c.BuildArgs, name) {
			c.Proxies = append(c.Proxies, proxy)
		}
		if !names(c.Env, name) {
			c.Env = append(c.Env, proxy)
		}
	}
	return c
}

// names reports whether one of the values is NAME or NAME=value.
func names(values []string, name string) bool {
	return slices.ContainsFunc(values, func(v string) bool {
		other, _, _ := strings.Cut(v, "=")
		return other == name
	})
}

// credentials returns what is secret of proxies, as arguments of the same names: user and password as they are written in
// the address, and the password as it is.
func credentials(proxies []string) []string {
	var out []string
	for _, proxy := range proxies {
		name, address, _ := strings.Cut(proxy, "=")
		u, err := url.Parse(address)
		if err != nil || u.User == nil {
			continue
		}
		out = append(out, name+"="+u.User.String())
		if password, ok := u.User.Password(); ok {
			out = append(out, name+"="+password)
		}
		// The library may escape otherwise than the person.
		if rest, ok := strings.CutPrefix(address, u.Scheme+"://"); ok {
			if at := strings.LastIndex(rest, "@"); at > 0 {
				out = append(out, name+"="+rest[:at])
			}
		}
	}
	return out
}
