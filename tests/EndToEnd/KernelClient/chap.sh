# The kernel's initiator logs in with the right CHAP secret only, one-way and mutual.
. "$LIBRARY/library.sh"
initiator_start

refused() { # WHY
    if login; then
        echo "logged in: $1"
        exit 1
    fi
    echo "refused, as it should be: $1"
}

refused "without CHAP"

setting node.session.auth.authmethod CHAP
setting node.session.auth.username "$CHAP_USER"
setting node.session.auth.password wrong-secret-12
refused "a wrong secret"

setting node.session.auth.password "$CHAP_SECRET"
login
disk disk 1
dd if="$disk" of=/dev/null bs=1M count=4 status=none
echo "read with CHAP"
logout

setting node.session.auth.username_in "$MUTUAL_USER"
setting node.session.auth.password_in wrong-answer-12
refused "the target proves another secret"

setting node.session.auth.password_in "$MUTUAL_SECRET"
login
disk disk 1
dd if="$disk" of=/dev/null bs=1M count=4 status=none
echo "read with mutual CHAP"
logout
