package cli

import (
	"slices"

	"forever/internal/config"
	"forever/internal/wire"
)

// override is what the options of an action say instead of the app's own
// settings, for this once. The options are entries of config's table.
type override struct {
	settings config.Settings
	only     []string // of a config file
}

// targetOptions are these entries, and what chooses from a config file.
func (v *override) targetOptions(names ...string) []*option {
	return append(v.options(names...), onlyOption(&v.only, ""))
}

// options are the entries of config's table with these names.
func (v *override) options(names ...string) []*option {
	return settingOptions(&v.settings, func(o *config.Option) bool { return slices.Contains(names, o.Name) })
}

// request is the request for these targets.
func (v *override) request(targets []string) wire.TargetRequest {
	r := wire.TargetRequest{Targets: targets, Signal: v.settings.KillSignal, WaitMS: v.settings.WaitMS()}
	if d := v.settings.KillTimeout; d != nil {
		ms := d.Milliseconds()
		r.TimeoutMS = &ms
	}
	return r
}

// settingOptions makes options of the entries of config's table that are
// wanted; each puts its value into s.
func settingOptions(s *config.Settings, wanted func(*config.Option) bool) []*option {
	var options []*option
	for _, entry := range config.Options() {
		if !entry.FileOnly && wanted(&entry) {
			options = append(options, settingOption(s, entry))
		}
	}
	return options
}

func settingOption(s *config.Settings, entry config.Option) *option {
	o := &option{
		name: entry.Name, aliases: entry.Aliases, kind: valued,
		placeholder: entry.Placeholder, usage: entry.Usage, category: entry.Category,
		values: entry.Values, hidden: entry.Hidden,
		set: func(value string) error { return entry.Set(s, value) },
	}
	switch entry.Kind {
	case config.Bool:
		o.kind = boolean
	case config.OptionalDuration:
		o.kind = optional
	}
	return o
}
