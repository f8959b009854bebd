package config

import (
	"slices"
	"strings"

	"forever/internal/probe"
	"forever/internal/program"
)

// setHealthTable takes the object of a file, with the keys of a compose file's
// healthcheck: test, or url, tcp or exec, and interval, timeout, retries,
// start_period. disable means that there is no check.
func setHealthTable(s *Settings, n *node) error {
	for _, e := range n.entries {
		if e.value.kind == null {
			continue
		}
		if err := s.setHealthKey(e); err != nil {
			return err
		}
	}
	if s.Health == nil {
		return &ValueError{Message: "wants what to check: url, tcp, exec or test", at: n.at}
	}
	return nil
}

func (s *Settings) setHealthKey(e *entry) error {
	key := Kebab(e.key)
	switch key {
	case "test":
		return s.setHealthTest(e)
	case "url":
		return s.setHealthText(e, checkOf(e.value.text))
	case "tcp":
		return s.setHealthText(e, "tcp:"+e.value.text)
	case "exec":
		return s.setHealthCommand(e, e.value.text)
	case "disable":
		off, err := parseBool(e.value.text)
		if off {
			s.Health = &probe.Health{}
		}
		return healthError(e, err)
	}
	options := healthOptions()
	i := slices.IndexFunc(options, func(o Option) bool { return o.Name == "health-"+key })
	if i < 0 {
		known := []string{"test", "url", "tcp", "exec", "interval", "timeout", "retries", "start-period", "disable"}
		return &ValueError{Message: "knows no " + e.key + " (" + strings.Join(known, ", ") + ")", at: e.at}
	}
	return healthError(e, options[i].fillScalar(s, e.value, e.value.text))
}

// checkOf is the check that asks for a URL.
func checkOf(url string) string {
	if strings.HasPrefix(url, "http:") || strings.HasPrefix(url, "https:") {
		return url
	}
	return "http:" + url
}

// healthError puts the key's place into the error of its value.
func healthError(e *entry, err error) error {
	if bad, ok := err.(*ValueError); ok {
		return &ValueError{Message: e.key + ": " + bad.Message, Hint: bad.Hint, at: e.value.at}
	}
	return err
}

func (s *Settings) setHealthText(e *entry, check string) error {
	if e.value.kind != text && e.value.kind != number {
		return healthError(e, wrong("wants a text, not %s", e.value))
	}
	return healthError(e, setHealth(s, check))
}

// setHealthCommand takes a command as it is: none of it is an option of ours.
func (s *Settings) setHealthCommand(e *entry, command string) error {
	command = strings.TrimSpace(command)
	if e.value.kind != text && e.value.kind != list || command == "" {
		return healthError(e, wrong("wants a command, not %s", e.value))
	}
	s.Health = &probe.Health{Kind: probe.KindExec, Command: command}
	return nil
}

// setHealthTest takes a check of ours, or what a compose file has: a command for
// the shell, or an array that begins with CMD, CMD-SHELL or NONE.
func (s *Settings) setHealthTest(e *entry) error {
	if e.value.kind != list {
		first, _, _ := strings.Cut(e.value.text, " ")
		if strings.Contains(first, ":") {
			return s.setHealthText(e, e.value.text)
		}
		return s.setHealthCommand(e, e.value.text)
	}
	var words []string
	for _, item := range e.value.items {
		words = append(words, item.text)
	}
	switch {
	case len(words) == 1 && words[0] == "NONE":
		s.Health = &probe.Health{}
		return nil
	case len(words) == 2 && words[0] == "CMD-SHELL":
		return s.setHealthCommand(e, words[1])
	case len(words) > 1 && words[0] == "CMD":
		for i, word := range words {
			words[i] = program.Quote(word)
		}
		return s.setHealthCommand(e, strings.Join(words[1:], " "))
	}
	return healthError(e, wrong("wants a text, or an array that begins with CMD, CMD-SHELL or NONE"))
}
