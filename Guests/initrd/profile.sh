export PS1='\u@\H:\w\$ ' HOME=/root TERM=xterm-256color PATH=/bin
cd
