
/* Choosing among the keys that rb_keyring_read() has read. */


#include "crypto/rb_keyring.h"


const rb_keyring_t  *rb_keyring;


const rb_signing_key_t *
rb_keyring_signer(const rb_keyring_t *ring, time_t now)
{
    ngx_uint_t  i;

    for (i = 0; i < ring->count; i++) {
        if (ring->keys[i].made <= now - RB_KEY_LEAD) {
            return &ring->keys[i];
        }
    }

    return &ring->keys[ring->count - 1];
}


const rb_signing_key_t *
rb_keyring_find(const rb_keyring_t *ring, const ngx_str_t *kid)
{
    ngx_uint_t               i;
    const rb_signing_key_t  *key;

    for (i = 0; i < ring->count; i++) {
        key = &ring->keys[i];

        if (key->kid.len == kid->len
            && ngx_memcmp(key->kid.data, kid->data, kid->len) == 0)
        {
            return key;
        }
    }

    return NULL;
}
