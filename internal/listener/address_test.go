package listener

import (
	"errors"
	"net/netip"
	"testing"
)

// What the shim keeps a socket under is read again as the same address.
func TestNames(t *testing.T) {
	tcp := netip.MustParseAddrPort("127.0.0.1:80")
	tests := map[string]Address{
		"4/127.0.0.1:80":          {AddrPort: tcp},
		"6/[::]:80":               {AddrPort: netip.MustParseAddrPort("[::]:80"), V6: true},
		"6/[::ffff:127.0.0.1]:80": {AddrPort: netip.MustParseAddrPort("[::ffff:127.0.0.1]:80"), V6: true},
		"unix1/2f612f62":          {Path: "/a/b", Kind: 1},
		"unix5/0061":              {Path: "\x00a", Kind: 5},
	}
	for name, a := range tests {
		if got := a.Name(); got != name {
			t.Errorf("%v has the name %q, want %q", a, got, name)
		}
		if got, err := ParseName(name); err != nil || got != a {
			t.Errorf("%q is %v (%v), want %v", name, got, err, a)
		}
	}
	for _, name := range []string{"", "4", "4/", "5/127.0.0.1:80", "4/x", "unix/61", "unix1/", "unix1/6", "unixx/61", "unix-1/61"} {
		if a, err := ParseName(name); !errors.Is(err, ErrName) {
			t.Errorf("%q is %v (%v)", name, a, err)
		}
	}
	for text, a := range map[string]Address{"/a/b": {Path: "/a/b", Kind: 1}, "@a": {Path: "\x00a", Kind: 1}, "127.0.0.1:80": {AddrPort: tcp}} {
		if got := a.String(); got != text {
			t.Errorf("%q is shown as %q", text, got)
		}
	}
}
