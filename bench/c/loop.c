/* bench-cloop: the limit of a restart. Runs argv[1] with the others as its
 * arguments, and again when it has ended: vfork, execve, wait4, nothing else. */
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	for (;;) {
		int status;
		pid_t pid = vfork();

		if (pid == 0) {
			execve(argv[1], argv + 1, environ);
			_exit(127);
		}
		if (pid < 0 || waitpid(pid, &status, 0) != pid)
			return 3;
	}
}
