// Package config knows every setting of an app: its name, its kind, its
// default and what may not stand together. Flags of the command line and keys
// of config files are entries of the same table (Options); both fill Settings,
// which Merge and then become the wire.Spec that a supervisor can run.
package config
