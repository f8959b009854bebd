package listener

import (
	"encoding/binary"
	"net/netip"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// raw4 and raw6 are addresses as a program passes them to bind(2).
func raw4(family uint16, port uint16, ip [4]byte) []byte {
	raw := make([]byte, unix.SizeofSockaddrInet4)
	binary.NativeEndian.PutUint16(raw, family)
	binary.BigEndian.PutUint16(raw[2:], port)
	copy(raw[4:], ip[:])
	return raw
}

func raw6(port uint16, ip string, scope uint32) []byte {
	raw := make([]byte, unix.SizeofSockaddrInet6)
	binary.NativeEndian.PutUint16(raw, unix.AF_INET6)
	binary.BigEndian.PutUint16(raw[2:], port)
	as16 := netip.MustParseAddr(ip).As16()
	copy(raw[8:], as16[:])
	binary.NativeEndian.PutUint32(raw[24:], scope)
	return raw
}

func rawUnix(name string) []byte {
	return append(binary.NativeEndian.AppendUint16(nil, unix.AF_UNIX), name...)
}

func TestParseAddress(t *testing.T) {
	v4 := raw4(unix.AF_INET, 8080, [4]byte{127, 0, 0, 1})
	tests := map[string]struct {
		raw  []byte
		want string // empty: not ours
		v6   bool
	}{
		"IPv4":                       {v4, "127.0.0.1:8080", false},
		"IPv4 in a longer buffer":    {append(v4, make([]byte, 12)...), "127.0.0.1:8080", false},
		"any port":                   {raw4(unix.AF_INET, 0, [4]byte{}), "0.0.0.0:0", false},
		"IPv4 that is cut":           {v4[:15], "", false},
		"nothing":                    {nil, "", false},
		"AF_UNSPEC":                  {raw4(unix.AF_UNSPEC, 80, [4]byte{}), "", false},
		"a path":                     {rawUnix("/run/x\x00y"), "/run/x", false},
		"a path as long as can be":   {rawUnix("/" + strings.Repeat("x", 107)), "/" + strings.Repeat("x", 107), false},
		"an abstract name":           {rawUnix("\x00x\x00"), "@x\x00", false},
		"no path":                    {rawUnix(""), "", false},
		"no family that there is":    {raw4(0xffff, 80, [4]byte{}), "", false},
		"IPv6":                       {raw6(443, "::1", 0), "[::1]:443", true},
		"all":                        {raw6(443, "::", 0), "[::]:443", true},
		"IPv4 mapped":                {raw6(443, "::ffff:127.0.0.1", 0), "[::ffff:127.0.0.1]:443", true},
		"IPv6 that is cut":           {raw6(443, "::1", 0)[:27], "", false},
		"link-local":                 {raw6(443, "fe80::1", 3), "[fe80::1%3]:443", true},
		"the largest scope":          {raw6(443, "fe80::1", 1<<32-1), "[fe80::1%4294967295]:443", true},
		"a scope where none counts":  {raw6(443, "::1", 7), "[::1]:443", true},
		"a scope with an IPv4 in it": {raw6(443, "::ffff:10.0.0.1", 7), "[::ffff:10.0.0.1]:443", true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			a, ok := parseAddress(test.raw)
			switch {
			case ok != (test.want != ""):
				t.Errorf("ok is %v: %v", ok, a)
			case ok && (a.String() != test.want || a.V6 != test.v6):
				t.Errorf("got %v (IPv6: %v), want %s", a, a.V6, test.want)
			}
		})
	}
}

// Whatever a program passes is read without a fault, and what is ours can be
// written down, as the names of sockets at the shim are, and opened.
func FuzzParseAddress(f *testing.F) {
	f.Add(raw4(unix.AF_INET, 80, [4]byte{10, 0, 0, 1}))
	f.Add(raw6(80, "fe80::1", 2))
	f.Add(raw6(80, "::ffff:1.2.3.4", 9))
	f.Add([]byte{})
	f.Add(rawUnix("/run/x"))
	f.Add(rawUnix("\x00x"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		a, ok := parseAddress(raw)
		if !ok {
			return
		}
		if a.IsUnix() {
			a.Kind = unix.SOCK_STREAM
		}
		if again, err := ParseName(a.Name()); err != nil || again != a {
			t.Fatalf("%v is read again as %v: %v", a, again, err)
		}
		if a.IsUnix() {
			return
		}
		if !a.IsValid() || a.V6 == a.Addr().Is4() {
			t.Fatalf("%v of %x, IPv6: %v", a, raw, a.V6)
		}
		switch sa := a.sockaddr().(type) {
		case *unix.SockaddrInet4:
			if a.V6 || netip.AddrFrom4(sa.Addr) != a.Addr() || sa.Port != int(a.Port()) {
				t.Fatalf("%v is bound as %+v", a, sa)
			}
		case *unix.SockaddrInet6:
			if !a.V6 || netip.AddrFrom16(sa.Addr) != a.Addr().WithZone("") || sa.Port != int(a.Port()) {
				t.Fatalf("%v is bound as %+v", a, sa)
			}
		}
	})
}
