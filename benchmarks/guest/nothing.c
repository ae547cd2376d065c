/* A small static program that does nothing: what fork+exec+wait of micro.c executes. */
int main(void) { return 0; }
