# Proves the guest itself: its kernel, a question to the test, a server in the sandbox.
echo "kernel $(uname -sr) on $(hostname)"
echo "ask who"
read -r answer
echo "answered $answer"
exec 3<>"/dev/tcp/$HOST_ADDRESS/7"
read -r -t 10 greeting <&3
echo "the network says $greeting"
modprobe iscsi_tcp && echo "initiator loaded"
