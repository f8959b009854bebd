package main

import (
	"errors"
	"io/fs"
	"path/filepath"
)

var sizeSection = section{
	name: "size", title: "what it takes on the disk",
	notes: []string{
		"npm's forever and pm2: their own packages with everything below, without Node. supervisord: its Python package, without Python. runit and s6: the commands alone, with s6's libraries.",
	},
	run: measureSize,
}

// measureSize adds up the files of each.
func measureSize(l *lab, s *Section) error {
	debian := filepath.Join(l.tools, "debian", "root")
	parts := map[string][]string{
		Ours:          {filepath.Join(l.tools, "bin", "forever")},
		"npm forever": {filepath.Join(l.tools, "npm", "forever", "node_modules")},
		"pm2":         {filepath.Join(l.tools, "npm", "pm2", "node_modules")},
		"supervisord": {debian + "/usr/lib/python3/dist-packages/supervisor"},
		"runit":       {debian + "/usr/bin/run*", debian + "/usr/bin/sv*", debian + "/usr/bin/chpst"},
		"s6":          {"/usr/bin/s6-*", "/usr/lib/*/libs6.so.*.*.*", "/usr/lib/*/libskarnet.so.*.*.*", "/usr/lib/*/libexecline.so.*.*.*"},
	}
	for _, k := range l.there() {
		size, err := sizeOf(parts[k.Name])
		if err != nil {
			s.trouble("%s: %v", k.Name, err)
			continue
		}
		s.add(Row{Key: "mb", Label: "on disk", Unit: "MB"}, k.Name, mb(size))
	}
	return nil
}

// sizeOf adds up the regular files under the paths that match.
func sizeOf(patterns []string) (total int64, err error) {
	for _, pattern := range patterns {
		paths, globErr := filepath.Glob(pattern)
		err = errors.Join(err, globErr)
		for _, path := range paths {
			err = errors.Join(err, filepath.WalkDir(path, func(_ string, d fs.DirEntry, err error) error {
				if err != nil || !d.Type().IsRegular() {
					return err
				}
				info, err := d.Info()
				if err == nil {
					total += info.Size()
				}
				return err
			}))
		}
	}
	return total, err
}
