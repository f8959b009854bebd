# A server of Ruby's sockets. Arguments: HOST PORT.
require "socket"

server = TCPServer.new(ARGV[0], Integer(ARGV[1]))
trap("TERM") { exit }
loop do
  client = server.accept
  nil until client.gets.to_s.strip.empty?
  body = Process.pid.to_s
  client.write("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: #{body.size}\r\n\r\n#{body}")
  client.close
rescue SystemCallError, IOError
  client&.close # it has gone
end
