package pidfile

// noFollow are the flags that openRegular adds. Windows has none; making a
// symbolic link is a privilege there.
const noFollow = 0

// syncDir does nothing: a folder cannot be synced, NTFS keeps a journal.
func syncDir(string) error { return nil }
