package config

import (
	"os"
	"os/user"
	"slices"
	"strconv"

	"forever/internal/wire"
)

// identity is who the program is to run as; nil: who asks. account is the
// user's, nil where none was named or known.
func (s *Settings) identity() (id *wire.Identity, account *user.User, err error) {
	if s.User == "" && s.Group == "" {
		return nil, nil, nil
	}
	option := "user"
	if s.User == "" {
		option = "group"
	}
	if os.Geteuid() < 0 {
		return nil, nil, &ValueError{Option: option, Message: "is not available on this system"}
	}
	id = &wire.Identity{Name: s.User, UID: os.Geteuid(), GID: os.Getegid()}
	if s.User != "" {
		if account, err = s.lookUp(id); err != nil {
			return nil, nil, err
		}
	}
	if s.Group != "" {
		if id.GID, err = groupID(s.Group); err != nil {
			return nil, nil, err
		}
	}
	if !slices.Contains(id.Groups, id.GID) {
		id.Groups = append(id.Groups, id.GID)
	}
	if os.Geteuid() != 0 && (id.UID != os.Geteuid() || id.GID != os.Getegid()) {
		return nil, nil, &ValueError{
			Option: option, Message: "needs root: only root may run a program as somebody else",
			Hint: "sudo forever …; or start it as that user",
		}
	}
	if os.Geteuid() != 0 {
		return nil, account, nil // it is who asks anyway
	}
	return id, account, nil
}

// lookUp completes id by the user's account: its group, and its other groups. A
// number needs no account.
func (s *Settings) lookUp(id *wire.Identity) (*user.User, error) {
	account, err := user.Lookup(s.User)
	number, notNumber := strconv.Atoi(s.User)
	if err != nil && notNumber == nil && number >= 0 {
		if account, err = user.LookupId(s.User); err != nil {
			id.UID, id.GID = number, number
			return nil, nil
		}
	}
	if err != nil {
		return nil, &ValueError{Option: "user", Message: "knows no user " + strconv.Quote(s.User)}
	}
	groups, _ := account.GroupIds() // without them it has its own group alone
	for _, text := range groups {
		if n, err := strconv.Atoi(text); err == nil {
			id.Groups = append(id.Groups, n)
		}
	}
	uid, err1 := strconv.Atoi(account.Uid)
	gid, err2 := strconv.Atoi(account.Gid)
	if err1 != nil || err2 != nil {
		return nil, &ValueError{Option: "user", Message: "cannot use the account of " + strconv.Quote(s.User)}
	}
	id.UID, id.GID = uid, gid
	return account, nil
}

func groupID(name string) (int, error) {
	if g, err := user.LookupGroup(name); err == nil {
		if gid, err := strconv.Atoi(g.Gid); err == nil {
			return gid, nil
		}
	}
	if gid, err := strconv.Atoi(name); err == nil && gid >= 0 {
		return gid, nil
	}
	return 0, &ValueError{Option: "group", Message: "knows no group " + strconv.Quote(name)}
}

// setAccount puts the account's name and home into an environment, but for what
// the user has set by hand.
func (s *Settings) setAccount(env []string, account *user.User) []string {
	if account == nil {
		return env
	}
	list := newEnvironment(env)
	for _, its := range []Variable{
		{Name: "HOME", Value: account.HomeDir}, {Name: "USER", Value: account.Username}, {Name: "LOGNAME", Value: account.Username},
	} {
		if !slices.ContainsFunc(s.Env, func(v Variable) bool { return v.Name == its.Name }) {
			list.set(its.Name, its.Value)
		}
	}
	return list.list
}
