/* Hands a request to the lock as it is: call HEX prints the reply in hex. */
#include <stdio.h>
#include <string.h>
#include <tee_client_api.h>

#define COMMAND_CALL 2

static const TEEC_UUID lock = { UUID };

int main(int argc, char **argv)
{
	static unsigned char request[4096], reply[4096];
	TEEC_Context context;
	TEEC_Session session;
	TEEC_Operation operation = { .paramTypes = TEEC_PARAM_TYPES(
		TEEC_MEMREF_TEMP_INPUT, TEEC_MEMREF_TEMP_OUTPUT, TEEC_NONE, TEEC_NONE) };
	TEEC_Result result;
	size_t size = 0, i;

	for (const char *hex = argc == 2 ? argv[1] : ""; size < sizeof(request); hex += 2, size++)
		if (sscanf(hex, "%2hhx", &request[size]) != 1)
			break;
	operation.params[0].tmpref.buffer = request;
	operation.params[0].tmpref.size = size;
	operation.params[1].tmpref.buffer = reply;
	operation.params[1].tmpref.size = sizeof(reply);

	result = TEEC_InitializeContext(NULL, &context);
	if (!result)
		result = TEEC_OpenSession(&context, &session, &lock, TEEC_LOGIN_PUBLIC, NULL, NULL, NULL);
	if (!result)
		result = TEEC_InvokeCommand(&session, COMMAND_CALL, &operation, NULL);
	if (result) {
		fprintf(stderr, "the TEE says 0x%08x\n", result);
		return 1;
	}
	for (i = 0; i < operation.params[1].tmpref.size; i++)
		printf("%02x", reply[i]);
	return 0;
}
