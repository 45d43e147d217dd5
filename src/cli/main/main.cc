#include "cli/app.h"

int main(int argc, char** argv) { return laminar::Main(argc, argv); }
