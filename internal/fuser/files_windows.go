package fuser

// usersOfFile cannot be answered: Windows does not tell who has a file open.
func usersOfFile(string, bool, map[int]access) error {
	return nameError("Windows does not tell who uses a file; a port is written as 8080/tcp")
}
