export PS1='\u@\h:\w\$ ' HOME=/root TERM=xterm-256color PATH=/bin
cd
